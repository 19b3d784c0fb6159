import { instrumentLockable } from './instrument/lockable.js'
import type { InstrumentOptions, Lockable, WebLockManager, WebLocksOptions } from './instrument/options.js'
import { instrumentWebLocks } from './instrument/web-locks.js'
import { assertOption, normalizeOptions } from './internal/options.js'
import { Recorder } from './internal/recorder.js'

export type {
  AcquireArguments,
  Acquired,
  InstrumentOptions,
  Lockable,
  WebLock,
  WebLockManager,
  WebLocksOptions,
} from './instrument/options.js'
export { LockListeners, listenersOf } from './internal/listeners.js'
export type { BindingOptions } from './internal/options.js'

const WHERE = 'instrument'

/** The options that are functions, if they are given. */
const HOOKS = ['isAcquired', 'isBusy', 'attempts', 'isReleased', 'isExtended', 'isLost', 'watch'] as const

/**
 * Makes any lock publish what it does: one with `acquire` and `release`, and perhaps `extend`, whatever they
 * take and whether they return promises or not; or `navigator.locks`.
 *
 * A lock with `acquire` and `release` is instrumented in place and returned, so that its other methods are
 * seen to use them. If an acquire gives a function, or an object with `release`, `unlock` or a method of
 * disposal, calling that is a release too, and its `extend` an extension. `navigator.locks` is not changed: use
 * what is returned.
 *
 * @param lock the lock.
 * @throws {TypeError} when it is neither, cannot be changed, or an option is wrong.
 *
 * @example
 * const lock = instrument(
 *   {
 *     acquire: (key: number) => client.query('SELECT pg_advisory_lock($1)', [key]),
 *     release: (key: number) => client.query('SELECT pg_advisory_unlock($1)', [key]),
 *   },
 *   { storageName: 'postgresql', lockId: (key) => `orders-${key}`, listeners: [listener] },
 * )
 * await lock.acquire(42)
 */
export function instrument<T extends Lockable>(lock: T, options?: InstrumentOptions<T>): T
export function instrument<T extends WebLockManager>(lock: T, options?: WebLocksOptions): T
export function instrument<T extends Lockable | WebLockManager>(
  lock: T,
  options: InstrumentOptions<Lockable> | WebLocksOptions = {},
): T {
  const methods = lock as
    | Partial<Record<'acquire' | 'release' | 'request' | 'query', unknown>>
    | null
    | undefined
  if (typeof methods?.acquire === 'function' && typeof methods.release === 'function') {
    const recorder = new Recorder<unknown[]>(
      normalizeOptions(WHERE, options as object, 'lock', ['lease', ...HOOKS]),
    )
    const own = options as InstrumentOptions<Lockable>
    assertOption(WHERE, 'lockId', own.lockId, ['string', 'function'])
    assertOption(WHERE, 'lease', own.lease, ['number', 'function'])
    for (const hook of HOOKS) assertOption(WHERE, hook, own[hook], ['function'])
    return instrumentLockable(lock as Lockable, recorder, own) as T
  }
  if (typeof methods?.request === 'function' && typeof methods.query === 'function') {
    const recorder = new Recorder<readonly [string]>(normalizeOptions(WHERE, options as object, 'web-locks'))
    const own = options as WebLocksOptions
    assertOption(WHERE, 'lockId', own.lockId, ['function'])
    return instrumentWebLocks(lock as WebLockManager, recorder, own.lockId) as T
  }
  throw new TypeError(`${WHERE}: lock must have acquire and release, or be navigator.locks`)
}
