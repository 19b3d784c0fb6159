import { rememberListeners } from './internal/listeners.js'
import { assertOption, normalizeOptions } from './internal/options.js'
import { Recorder } from './internal/recorder.js'
import type { RedisSemaphoreLock, RedisSemaphoreOptions } from './redis-semaphore/options.js'
import { subclass } from './redis-semaphore/subclass.js'

export { LockListeners, listenersOf } from './internal/listeners.js'
export type { BindingOptions } from './internal/options.js'
export type { RedisSemaphoreLock, RedisSemaphoreOptions } from './redis-semaphore/options.js'

const CLASSES = [
  'Mutex',
  'Semaphore',
  'MultiSemaphore',
  'RedlockMutex',
  'RedlockSemaphore',
  'RedlockMultiSemaphore',
]

/**
 * Makes a lock class of redis-semaphore 5 publish what its locks do: a subclass that is otherwise the same.
 * Given the whole module, it does so for all its lock classes.
 *
 * @param library `Mutex`, `Semaphore`, `MultiSemaphore`, their `Redlock…` kin, or the module that has them;
 *   nothing of it is changed.
 * @returns the subclass; of a module a copy, with subclasses in place of its lock classes.
 * @throws {TypeError} when `library` is neither, or an option is wrong.
 *
 * @example
 * import { Mutex as RedisMutex } from 'redis-semaphore'
 * import { instrumentRedisSemaphore } from 'storage-lock-otel/redis-semaphore'
 *
 * const Mutex = instrumentRedisSemaphore(RedisMutex, { listeners: [listener] })
 * const mutex = new Mutex(client, 'order-42')
 */
export function instrumentRedisSemaphore<T extends object>(library: T, options?: RedisSemaphoreOptions): T {
  const where = 'instrumentRedisSemaphore'
  const recorder = new Recorder<RedisSemaphoreLock>(normalizeOptions(where, options, 'redis-semaphore'))
  assertOption(where, 'lockId', options?.lockId, ['function'])
  const bind = (Base: object): object =>
    rememberListeners(
      subclass(Base as new (...args: unknown[]) => object, recorder, options?.lockId),
      recorder.listeners,
    )
  if (isLockClass(library)) return bind(library) as T
  if (typeof library !== 'object' || library === null || !CLASSES.some((name) => name in library)) {
    throw new TypeError(`${where}: library must be a lock class of redis-semaphore, or the module`)
  }
  const copy: Record<string, unknown> = { ...(library as Record<string, unknown>) }
  for (const [name, value] of Object.entries(copy)) {
    if (isLockClass(value)) copy[name] = bind(value)
  }
  return rememberListeners(copy, recorder.listeners) as T
}

function isLockClass(value: unknown): value is abstract new (...args: never[]) => object {
  if (typeof value !== 'function') return false
  const prototype = value.prototype as Record<string, unknown> | undefined
  return ['tryAcquire', 'release', 'stopRefresh'].every((name) => typeof prototype?.[name] === 'function')
}
