import { now } from '../../events/index.js'
import type { Acquisition } from '../internal/acquisition.js'
import type { Hold } from '../internal/hold.js'
import { rememberListeners } from '../internal/listeners.js'
import { quietly } from '../internal/quietly.js'
import type { Recorder } from '../internal/recorder.js'
import type { Holders } from './holders.js'
import type { AsyncMutexLock } from './options.js'

type Releaser = () => void
type Ticket = Releaser | [number, Releaser]
type Worker = (...args: unknown[]) => unknown

/** A mutex, a semaphore, or what `withTimeout` and `tryAcquire` make of one. */
export interface Lock extends AsyncMutexLock {
  acquire(...args: unknown[]): Promise<Ticket>
  runExclusive(callback: Worker, ...args: unknown[]): Promise<unknown>
  release(weight?: number): void
  /** Of semaphores; what `withTimeout` makes of a mutex has it too, and it throws. */
  getValue?(): number
}

/** What stands behind a bound lock. */
export interface Bound {
  readonly target: Lock
  readonly lockId: string
  readonly holders: Holders
  readonly semaphore: boolean
}

const boundLocks = new WeakMap<object, Bound>()

/** What stands behind a lock, if it is bound. */
export function boundOf(lock: object): Bound | undefined {
  return boundLocks.get(lock)
}

/**
 * Stands in for a lock and publishes what it does.
 *
 * @param gaveUp the errors by which it says that the wait took too long
 */
export function bind(
  bound: Bound,
  recorder: Recorder<AsyncMutexLock>,
  gaveUp: (error: unknown) => boolean,
): Lock {
  const { target, lockId, holders, semaphore } = bound

  const acquire = (...args: unknown[]): Promise<Ticket> => {
    const acquisition = recorder.acquire(lockId, recorder.ownerId(proxy)).begun()
    return watched(acquisition, weightOf(args), () => target.acquire(...args)).then(
      (ticket) => quietly(() => held(acquisition, ticket, weightOf(args))) ?? ticket,
      (error: unknown) => {
        failed(acquisition, error)
        throw error
      },
    )
  }

  const runExclusive = (callback: Worker, ...args: unknown[]): Promise<unknown> => {
    const acquisition = recorder.acquire(lockId, recorder.ownerId(proxy)).begun()
    let end: (() => void) | undefined
    const worker: Worker = (...values) => {
      end = holders.add(granted(acquisition), weightOf(args))
      return settled(() => callback(...values), end)
    }
    return watched(acquisition, weightOf(args), () => target.runExclusive(worker, ...args)).catch(
      (error: unknown) => {
        // Without an end the callback was never called: the wait failed.
        if (end === undefined) failed(acquisition, error)
        throw error
      },
    )
  }

  const release = (weight?: number): void => {
    target.release(weight)
    holders.releaseOldest(weight ?? 1)
  }

  const recorded = new Map<PropertyKey, unknown>([
    ['acquire', acquire],
    ['runExclusive', runExclusive],
  ])
  // The lock's releasers call its own `release`: it must not find the stand-in in its place.
  const passed = new Map<PropertyKey, unknown>([['release', release]])
  for (const name of ['cancel', 'waitForUnlock', 'isLocked', 'getValue', 'setValue'] as const) {
    const method: unknown = Reflect.get(target, name)
    if (typeof method === 'function') passed.set(name, method.bind(target))
  }
  const unheard = new Map<PropertyKey, unknown>()
  for (const name of recorded.keys()) unheard.set(name, (Reflect.get(target, name) as Worker).bind(target))

  const proxy: Lock = new Proxy(target, {
    get(object, key, receiver) {
      const own = (recorder.enabled ? recorded : unheard).get(key) ?? passed.get(key)
      return own ?? Reflect.get(object, key, receiver)
    },
  })
  boundLocks.set(proxy, bound)
  return rememberListeners(proxy, recorder.listeners)

  /** Calls the lock, and says that it is held by somebody if the call has to wait. */
  function watched<T>(acquisition: Acquisition, weight: number, call: () => Promise<T>): Promise<T> {
    const before = semaphore ? target.getValue?.() : undefined
    const locked = target.isLocked()
    let result: Promise<T>
    try {
      result = call()
    } catch (error) {
      acquisition.failed(error)
      throw error
    }
    const waits = before === undefined ? locked : target.getValue?.() !== before - weight
    if (waits) acquisition.busy({}, holders.oldest)
    return result
  }

  function held(acquisition: Acquisition, ticket: Ticket, weight: number): Ticket {
    const end = holders.add(granted(acquisition), weight)
    const releaser = Array.isArray(ticket) ? ticket[1] : ticket
    const release = (): void => {
      end()
      releaser()
    }
    return Array.isArray(ticket) ? [ticket[0], release] : release
  }

  function failed(acquisition: Acquisition, error: unknown): void {
    if (gaveUp(error)) acquisition.timedOut()
    else acquisition.failed(error)
  }

  function weightOf(args: unknown[]): number {
    return semaphore && typeof args[0] === 'number' ? args[0] : 1
  }
}

/** The lock is in this process: to take it costs no time, only to wait for it. */
function granted(acquisition: Acquisition): Hold {
  const at = now()
  return acquisition.acquired({ start: at, end: at })
}

/** Does the work, and calls `end` when it is over, however it ends. */
function settled(work: () => unknown, end: () => void): unknown {
  let result: unknown
  try {
    result = work()
  } catch (error) {
    end()
    throw error
  }
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== 'function') {
    end()
    return result
  }
  if (result instanceof Promise) {
    // The lock waits for it too, and after this.
    result.then(end, end)
    return result
  }
  // Others may begin their work when they are waited for: once only.
  return (result as PromiseLike<unknown>).then(
    (value) => {
      end()
      return value
    },
    (error: unknown) => {
      end()
      throw error
    },
  )
}
