import { now } from '../../events/index.js'
import type { Acquisition } from '../internal/acquisition.js'
import type { Hold } from '../internal/hold.js'
import { rememberListeners } from '../internal/listeners.js'
import { quietly } from '../internal/quietly.js'
import type { Recorder } from '../internal/recorder.js'
import type { Holders } from './holders.js'
import type { AsyncMutexLock } from './options.js'
import { settled } from './settled.js'

type Releaser = () => void
type Ticket = Releaser | [number, Releaser]
type Worker = (...args: unknown[]) => unknown

const METHODS = [
  'acquire',
  'runExclusive',
  'release',
  'cancel',
  'waitForUnlock',
  'isLocked',
  'getValue',
  'setValue',
]

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
/** What takes the place of a bound lock's methods. */
const methodsOf = new WeakMap<object, ReadonlyMap<PropertyKey, Method>>()

type Method = (...args: never[]) => unknown

/** What stands behind a lock, if it is bound. */
export function boundOf(lock: object): Bound | undefined {
  return boundLocks.get(lock)
}

/** What takes the place of a method, if the lock is bound. */
export function methodOf(lock: object, name: PropertyKey): Method | undefined {
  return methodsOf.get(lock)?.get(name)
}

/**
 * Stands in for a lock and publishes what it does.
 *
 * @param gaveUp the errors by which it says that the wait took too long
 * @param found what its methods are where the program has not put others in their place
 * @param self what they are called on
 */
export function bind(
  bound: Bound,
  recorder: Recorder<AsyncMutexLock>,
  gaveUp: (error: unknown) => boolean,
  found: Lock = bound.target,
  selfOf: (proxy: Lock) => Lock = () => bound.target,
): Lock {
  const { target, lockId, holders, semaphore } = bound
  const original = new Map<PropertyKey, Method>()
  const methods = new Map<PropertyKey, Method>()
  const proxy: Lock = new Proxy(target, {
    get(object, key, receiver) {
      const value: unknown = Reflect.get(object, key, receiver)
      const instead = methods.get(key)
      // The program's own: a spy, or the method of its subclass, which calls this one.
      return instead === undefined || value !== original.get(key) ? value : instead
    },
  })
  const self = selfOf(proxy)

  const acquire = (...args: unknown[]): Promise<Ticket> => {
    if (!recorder.enabled) return called('acquire', args) as Promise<Ticket>
    const acquisition = recorder.acquire(lockId, recorder.ownerId(proxy)).begun()
    const call = (): Promise<Ticket> => called('acquire', args) as Promise<Ticket>
    return watched(acquisition, weightOf(args[0]), call).then(
      (ticket) => quietly(() => held(acquisition, ticket, weightOf(args[0]))) ?? ticket,
      (error: unknown) => {
        failed(acquisition, error)
        throw error
      },
    )
  }

  const runExclusive = (callback: Worker, ...args: unknown[]): Promise<unknown> => {
    const call = (work: Worker): Promise<unknown> =>
      called('runExclusive', [work, ...args]) as Promise<unknown>
    if (!recorder.enabled) return call(callback)
    const acquisition = recorder.acquire(lockId, recorder.ownerId(proxy)).begun()
    let end: (() => void) | undefined
    const worker: Worker = (...values) => {
      end = holders.add(granted(acquisition), weightOf(args[0]))
      return settled(() => callback(...values), end)
    }
    return watched(acquisition, weightOf(args[0]), () => call(worker)).catch((error: unknown) => {
      // Without an end the callback was never called: the wait failed.
      if (end === undefined) failed(acquisition, error)
      throw error
    })
  }

  const release = (weight?: number): void => {
    called('release', [weight])
    holders.releaseOldest(weight ?? 1)
  }

  const own: Readonly<Record<string, Method>> = { acquire, runExclusive, release }
  for (const name of METHODS) {
    const method: unknown = Reflect.get(found, name)
    if (typeof method !== 'function') continue
    original.set(name, method as Method)
    methods.set(name, own[name] ?? ((...args) => called(name, args)))
  }
  boundLocks.set(proxy, bound)
  methodsOf.set(proxy, methods)
  return rememberListeners(proxy, recorder.listeners)

  /** Calls the lock's own method. */
  function called(name: string, args: readonly unknown[]): unknown {
    return Reflect.apply(original.get(name) as Method, self, args)
  }

  /** Calls the lock, and says that it is held by somebody if the call has to wait. */
  function watched<T>(acquisition: Acquisition, weight: number, call: () => Promise<T>): Promise<T> {
    const before = semaphore ? (called('getValue', []) as number) : undefined
    const locked = called('isLocked', []) as boolean
    let result: Promise<T>
    try {
      result = call()
    } catch (error) {
      acquisition.failed(error)
      throw error
    }
    const waits = before === undefined ? locked : called('getValue', []) !== before - weight
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

  function weightOf(given: unknown): number {
    return semaphore && typeof given === 'number' ? given : 1
  }
}

/** The lock is in this process: to take it costs no time, only to wait for it. */
function granted(acquisition: Acquisition): Hold {
  const at = now()
  return acquisition.acquired({ start: at, end: at })
}
