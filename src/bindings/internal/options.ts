import type { Listener } from '../../events/index.js'
import { LockListeners } from './listeners.js'

/** What every binding takes. `Subject` is what the owner is asked of: the lock, as the binding knows it. */
export interface BindingOptions<Subject = unknown> {
  /**
   * Who is told of the lock's events. A {@link LockListeners} is kept, so that it can be shared and changed;
   * anything else is copied.
   * @default none, and then a bound lock costs one branch a call
   */
  readonly listeners?: Iterable<Listener> | LockListeners
  /**
   * Names the store that keeps the lock, on spans and as a metric attribute: a few values at most.
   * @default named by the binding
   */
  readonly storageName?: string
  /**
   * Who holds the lock: a fixed name, or a function called for each acquire (redis-semaphore: each lock).
   * @default host, process id and a counter, joined by `-`
   */
  readonly ownerId?: string | ((subject: Subject) => string)
}

/** The options of a binding, complete and valid. */
export interface NormalOptions<Subject> {
  readonly listeners: LockListeners
  readonly storageName: string
  readonly ownerId: string | ((subject: Subject) => string) | undefined
}

/** What every binding knows; it checks `lockId` itself. */
const COMMON = ['listeners', 'storageName', 'ownerId', 'lockId']

/**
 * @param more the options that this binding alone has.
 * @throws {TypeError} naming the option that is wrong.
 */
export function normalizeOptions<Subject>(
  where: string,
  options: BindingOptions<Subject> | undefined,
  storageName: string,
  more: readonly string[] = [],
): NormalOptions<Subject> {
  if (options !== undefined && (typeof options !== 'object' || options === null)) {
    throw new TypeError(`${where}: options must be an object`)
  }
  const known = [...COMMON, ...more]
  for (const key of Object.keys(options ?? {})) {
    if (!known.includes(key)) {
      throw new TypeError(`${where}: ${key} is not an option; there are ${known.join(', ')}`)
    }
  }
  const { listeners, ownerId } = options ?? {}
  if (
    listeners !== undefined &&
    !(listeners instanceof LockListeners) &&
    (typeof listeners !== 'object' || listeners === null || !(Symbol.iterator in listeners))
  ) {
    throw new TypeError(`${where}: listeners must be iterable`)
  }
  assertOption(where, 'storageName', options?.storageName, ['string'])
  assertOption(where, 'ownerId', ownerId, ['string', 'function'])
  return {
    listeners: listeners instanceof LockListeners ? listeners : new LockListeners(listeners),
    storageName: options?.storageName ?? storageName,
    ownerId,
  }
}

/** @throws {TypeError} when the option is set, to something of another type. */
export function assertOption(where: string, name: string, value: unknown, types: readonly string[]): void {
  if (value !== undefined && !types.includes(typeof value)) {
    throw new TypeError(`${where}: ${name} must be a ${types.join(' or a ')}`)
  }
}
