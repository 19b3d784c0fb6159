import { rememberListeners } from './internal/listeners.js'
import { assertOption, normalizeOptions } from './internal/options.js'
import { Recorder } from './internal/recorder.js'
import type { RedlockOptions } from './redlock/options.js'
import { subclass4, wrap } from './redlock/redlock-4.js'
import { subclass } from './redlock/redlock-5.js'

export { LockListeners, listenersOf } from './internal/listeners.js'
export type { BindingOptions } from './internal/options.js'
export type { RedlockOptions } from './redlock/options.js'

const STORAGE_NAME = 'redis-redlock'

/**
 * Makes a class of Redlock that publishes what its locks do, and is otherwise the same: its acquires with
 * their attempts, extends, releases, and the leases it loses.
 *
 * Takes the class of redlock 5.0.0-beta.2, of `@sesamecare-oss/redlock` 1.4 and of redlock 4.2.
 *
 * @param Redlock the class; nothing of it is changed.
 * @returns a subclass.
 * @throws {TypeError} when `Redlock` is no class of Redlock, or an option is wrong.
 *
 * @example
 * import Redlock from 'redlock'
 * import { instrumentRedlock } from 'storage-lock-otel/redlock'
 *
 * const redlock = new (instrumentRedlock(Redlock, { listeners: [listener] }))([client])
 * await redlock.using(['order-42'], 5000, async (signal) => {
 *   if (signal.aborted) throw signal.error
 * })
 */
export function instrumentRedlock<C extends abstract new (...args: never[]) => object>(
  Redlock: C,
  options?: RedlockOptions,
): C {
  const { recorder, lockId } = prepare('instrumentRedlock', options)
  const prototype: unknown = typeof Redlock === 'function' ? Redlock.prototype : undefined
  if (hasMethods(prototype, ['acquire', 'release', 'extend', 'using'])) {
    const Base = Redlock as unknown as new (...args: unknown[]) => object
    return rememberListeners(subclass(Base, recorder, lockId), recorder.listeners) as unknown as C
  }
  if (!hasMethods(prototype, ['lockWithOptions', 'unlock', 'extend'])) {
    throw new TypeError('instrumentRedlock: Redlock must be the class of redlock 4 or 5')
  }
  const Base = Redlock as unknown as new (...args: unknown[]) => object
  return rememberListeners(subclass4(Base, recorder, lockId), recorder.listeners) as unknown as C
}

/**
 * Wraps an instance of redlock 4.2, so that it publishes what its locks do.
 *
 * @param redlock the instance; locks taken through it directly are not seen.
 * @returns what stands in for it, with the same methods, events and properties.
 * @throws {TypeError} when it is no instance of redlock 4, or an option is wrong.
 *
 * @example
 * const redlock = wrapRedlock4(new Redlock([client]), { listeners: [listener] })
 * const lock = await redlock.lock('order-42', 2000)
 */
export function wrapRedlock4<T extends object>(redlock: T, options?: RedlockOptions): T {
  const { recorder, lockId } = prepare('wrapRedlock4', options)
  if (!hasMethods(redlock, ['lockWithOptions', 'unlock', 'extend', 'on'])) {
    throw new TypeError('wrapRedlock4: redlock must be an instance of redlock 4')
  }
  return wrap(redlock, recorder, lockId)
}

function prepare(
  where: string,
  options: RedlockOptions | undefined,
): { recorder: Recorder<readonly string[]>; lockId: Pick<RedlockOptions, 'lockId'> } {
  const normal = normalizeOptions(where, options, STORAGE_NAME)
  assertOption(where, 'lockId', options?.lockId, ['function'])
  const lockId = options?.lockId
  return { recorder: new Recorder(normal), lockId: lockId === undefined ? {} : { lockId } }
}

function hasMethods(object: unknown, names: readonly string[]): boolean {
  if (typeof object !== 'object' || object === null) return false
  return names.every((name) => typeof (object as Record<string, unknown>)[name] === 'function')
}
