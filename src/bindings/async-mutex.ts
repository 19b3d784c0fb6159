import { type Bound, bind, boundOf, type Lock } from './async-mutex/bind.js'
import { boundClass } from './async-mutex/bound-class.js'
import { Holders } from './async-mutex/holders.js'
import type { AsyncMutexLock, AsyncMutexOptions } from './async-mutex/options.js'
import { rememberListeners } from './internal/listeners.js'
import { assertOption, normalizeOptions } from './internal/options.js'
import { Recorder } from './internal/recorder.js'
import { textOf } from './internal/text.js'

export type { AsyncMutexLock, AsyncMutexOptions } from './async-mutex/options.js'
export { LockListeners, listenersOf } from './internal/listeners.js'
export type { BindingOptions } from './internal/options.js'

const WHERE = 'instrumentAsyncMutex'

let count = 0

type Decorator = (lock: object, ...args: unknown[]) => object

/** The module async-mutex. */
interface Library {
  Mutex: new (...args: unknown[]) => Lock
  Semaphore: new (...args: unknown[]) => Lock
  withTimeout: Decorator
  tryAcquire: Decorator
  readonly E_TIMEOUT: unknown
  readonly E_ALREADY_LOCKED: unknown
}

/**
 * Makes a mutex or semaphore of async-mutex 0.5 publish what it does. Given the whole module, it does so for
 * all locks made by its classes, and a wait that `withTimeout` or `tryAcquire` ends is a timeout.
 *
 * @param library a `Mutex` or `Semaphore`, what `withTimeout` or `tryAcquire` made of one, or the module;
 *   nothing of it is changed.
 * @returns what stands in for it, with the same methods; of a module a copy.
 * @throws {TypeError} when `library` is neither, or an option is wrong.
 *
 * @example
 * import { Mutex } from 'async-mutex'
 * import { instrumentAsyncMutex } from 'storage-lock-otel/async-mutex'
 *
 * const mutex = instrumentAsyncMutex(new Mutex(), { lockId: 'cache-refresh', listeners: [listener] })
 * await mutex.runExclusive(() => refresh())
 */
export function instrumentAsyncMutex<T extends object>(library: T, options?: AsyncMutexOptions): T {
  const recorder = new Recorder<AsyncMutexLock>(normalizeOptions(WHERE, options, 'async-mutex'))
  assertOption(WHERE, 'lockId', options?.lockId, ['string', 'function'])
  if (isLock(library)) {
    const proxy = bind(describe(library, recorder, options?.lockId), recorder, isGivingUp)
    return proxy as unknown as T
  }
  if (typeof library !== 'object' || library === null || !('Mutex' in library)) {
    throw new TypeError(`${WHERE}: library must be a mutex, a semaphore, or the module async-mutex`)
  }
  return rememberListeners(
    instrumentModule(library as unknown as Library, recorder, options),
    recorder.listeners,
  ) as T
}

function instrumentModule(
  library: Library,
  recorder: Recorder<AsyncMutexLock>,
  options: AsyncMutexOptions | undefined,
): Library {
  const bindClass = (Class: Library['Mutex']): Library['Mutex'] =>
    boundClass(Class, (lock, found, selfOf) =>
      bind(describe(lock, recorder, options?.lockId), recorder, isGivingUp, found, selfOf),
    )
  const bindDecorator =
    (decorator: Decorator, ownError: number, defaultError: unknown): Decorator =>
    (lock, ...args) => {
      const bound = boundOf(lock)
      if (bound === undefined) return decorator(lock, ...args)
      // What it decorates is the lock itself: its wait goes on after a timeout, and is nobody's any more.
      const decorated = decorator(bound.target, ...args) as Lock
      const error = args[ownError] === undefined ? defaultError : args[ownError]
      return bind({ ...bound, target: decorated }, recorder, (each) => each === error)
    }
  return {
    ...library,
    Mutex: bindClass(library.Mutex),
    Semaphore: bindClass(library.Semaphore),
    withTimeout: bindDecorator(library.withTimeout, 1, library.E_TIMEOUT),
    tryAcquire: bindDecorator(library.tryAcquire, 0, library.E_ALREADY_LOCKED),
  }
}

function describe(
  target: Lock,
  recorder: Recorder<AsyncMutexLock>,
  name: AsyncMutexOptions['lockId'],
): Bound {
  count += 1
  const semaphore = isSemaphore(target)
  const fallback = `${semaphore ? 'semaphore' : 'mutex'}-${count}`
  const lockId =
    typeof name === 'function'
      ? textOf(
          () => name(target),
          () => fallback,
        )
      : (name ?? fallback)
  recorder.created(lockId)
  return { target, lockId, holders: new Holders(recorder), semaphore }
}

/** What `withTimeout` makes of a mutex has the methods of a semaphore too, but they do not work. */
function isSemaphore(lock: Lock): boolean {
  try {
    return typeof lock.getValue?.() === 'number'
  } catch {
    return false
  }
}

/** The errors of the module itself, known by their texts where the module is not at hand. */
function isGivingUp(error: unknown): boolean {
  const message = error instanceof Error ? error.message : undefined
  return (
    message === 'timeout while waiting for mutex to become available' || message === 'mutex already locked'
  )
}

function isLock(value: unknown): value is Lock {
  if (typeof value !== 'object' || value === null) return false
  const lock = value as Partial<Record<keyof Lock, unknown>>
  return ['acquire', 'runExclusive', 'release', 'isLocked'].every(
    (name) => typeof lock[name as keyof Lock] === 'function',
  )
}
