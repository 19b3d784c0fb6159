import { now } from '../../events/index.js'
import type { Acquisition } from '../internal/acquisition.js'
import type { Hold } from '../internal/hold.js'
import { leaseEnd } from '../internal/lease.js'
import { rememberListeners } from '../internal/listeners.js'
import { quietly } from '../internal/quietly.js'
import type { Recorder } from '../internal/recorder.js'
import { textOf } from '../internal/text.js'
import { OpenHolds } from './open-holds.js'
import type { InstrumentOptions, Lockable } from './options.js'
import { settle } from './settle.js'

type Method = (...args: unknown[]) => unknown

interface Methods {
  readonly acquire: Method
  readonly release: Method
  readonly extend?: Method
}

/** The options, with the types of the lock they are for taken off. */
interface Options {
  readonly lockId?: string | ((...args: unknown[]) => string)
  readonly lease?: number | ((...args: unknown[]) => number | undefined)
  readonly isAcquired?: (result: unknown) => boolean
  readonly isBusy?: (error: unknown) => boolean
  readonly attempts?: (result: unknown, error: unknown) => number
  readonly isReleased?: (result: unknown) => boolean
  readonly isExtended?: (result: unknown) => boolean
  readonly isLost?: (error: unknown) => boolean
  readonly watch?: (lost: (error?: unknown) => void, result: unknown) => void
}

let count = 0

/** The methods by which a handle may give its lock back. */
const RELEASING: readonly PropertyKey[] = ['release', 'unlock', Symbol.dispose, Symbol.asyncDispose]

/**
 * Puts publishing methods in the place of a lock's own. They stand on the lock itself, so that its other
 * methods, which may call them, are seen too, and so that private fields keep working.
 */
export function instrumentLockable<T extends Lockable>(
  lock: T,
  recorder: Recorder<unknown[]>,
  given: InstrumentOptions<T>,
): T {
  const options = given as unknown as Options
  const holds = new OpenHolds()
  /** The holds of objects that release themselves. */
  const heldBy = new WeakMap<object, Hold>()
  /** The methods that were put on such objects. */
  const puts = new WeakSet<object>()
  /** Whose extend is being called. */
  let renewing: Hold | undefined
  count += 1
  const fallbackId = `lock-${count}`
  const { acquire, release, extend } = lock as unknown as Methods
  if (typeof options.lockId === 'string') recorder.created(options.lockId)

  replace('acquire', acquire, (self, args) => {
    const lockId = idOf(args)
    const acquisition = recorder.acquire(lockId, recorder.ownerId(args)).begun()
    return settle(
      () => Reflect.apply(acquire, self, args),
      (result) => concludeAcquire(acquisition, lockId, args, result),
      (error) => {
        const busy = quietly(() => options.isBusy?.(error)) === true
        countAttempts(acquisition, busy, undefined, error)
        if (busy) acquisition.timedOut()
        else acquisition.failed(error)
      },
    )
  })
  replace('release', release, (self, args) => {
    const lockId = idOf(args)
    return endHold(holds.find(args, lockId), lockId, () => Reflect.apply(release, self, args))
  })
  if (typeof extend === 'function') {
    replace('extend', extend, (self, args) =>
      renew(holds.find(args, idOf(args)), () => Reflect.apply(extend, self, args)),
    )
  }
  return rememberListeners(lock, recorder.listeners)

  function replace(
    name: string,
    original: Method,
    instead: (self: unknown, args: unknown[]) => unknown,
  ): void {
    put(lock, name, function (this: unknown, ...args: unknown[]): unknown {
      return recorder.enabled ? instead(this, args) : Reflect.apply(original, this, args)
    })
  }

  function concludeAcquire(
    acquisition: Acquisition,
    lockId: string,
    args: unknown[],
    result: unknown,
  ): unknown {
    const isAcquired = options.isAcquired ?? isGranted
    const refused = quietly(() => isAcquired(result)) === false
    countAttempts(acquisition, refused, result, undefined)
    if (refused) {
      acquisition.timedOut()
      return result
    }
    const lease = typeof options.lease === 'function' ? quietly(() => leaseOf(args)) : options.lease
    const hold = acquisition.acquired({}, leaseEnd(now(), lease))
    holds.add(hold, lockId, result, lease)
    quietly(() => options.watch?.((error) => hold.lost('not_found', error), result))
    return handle(hold, result)
  }

  /** A releaser, or a handle with methods of its own, gives the lock back as well. */
  function handle(hold: Hold, result: unknown): unknown {
    if (typeof result === 'function') {
      return new Proxy(result, {
        apply: (target, self, args: unknown[]) =>
          endHold(hold, '', () => Reflect.apply(target as Method, self, args) as unknown),
      })
    }
    if (typeof result !== 'object' || result === null || result === lock) return result
    heldBy.set(result, hold)
    for (const name of [...RELEASING, 'extend']) {
      const method: unknown = Reflect.get(result, name)
      // A pool hands out the same object again and again, perhaps with its methods made anew.
      if (typeof method !== 'function' || puts.has(method)) continue
      const instead = function (this: unknown, ...args: unknown[]): unknown {
        const call = (): unknown => Reflect.apply(method, this, args) as unknown
        const current = heldBy.get(result)
        if (!recorder.enabled || current?.open !== true) return call()
        return name === 'extend' ? renew(current, call) : endHold(current, '', call)
      }
      puts.add(instead)
      quietly(() => put(result, name, instead))
    }
    return result
  }

  function endHold(hold: Hold | undefined, lockId: string, call: () => unknown): unknown {
    // A handle's release may call the lock's: that is one release.
    if (hold !== undefined && holds.isReleasing(hold)) return call()
    const recorded = recorder.release(hold, lockId).begun()
    const done = hold === undefined ? undefined : holds.releasing(hold)
    return settle(
      call,
      (result) => {
        done?.()
        const isReleased = options.isReleased ?? ((each) => each !== false)
        if (quietly(() => isReleased(result)) === false) recorded.refused(null)
        else {
          recorded.done()
          if (hold !== undefined) holds.delete(hold)
        }
        return result
      },
      (error) => {
        done?.()
        recorded.failed(error)
      },
    )
  }

  function renew(hold: Hold | undefined, call: () => unknown): unknown {
    // A handle's extend may call the lock's: that is one renewal.
    const renewal = hold === renewing ? undefined : hold?.renew()
    if (hold === undefined || renewal === undefined) return call()
    return settle(
      () => {
        renewing = hold
        try {
          return call()
        } finally {
          renewing = undefined
        }
      },
      (result) => {
        const isExtended = options.isExtended ?? isGranted
        if (quietly(() => isExtended(result)) === false) renewal.lost('not_owner', null)
        else renewal.succeeded(leaseEnd(renewal.start, holds.leaseOf(hold)))
        holds.know(hold, result)
        return typeof result === 'object' ? handle(hold, result) : result
      },
      (error) => {
        if (quietly(() => options.isLost?.(error)) === true) renewal.lost('not_owner', error)
        else renewal.failed(error)
      },
    )
  }

  function countAttempts(acquisition: Acquisition, busy: boolean, result: unknown, error: unknown): void {
    const attempts = quietly(() => options.attempts?.(result, error))
    // The attempt that got the lock, or failed, was not one that found it held.
    if (typeof attempts === 'number')
      acquisition.countBusy(Math.max(Math.floor(attempts) - (busy ? 0 : 1), 0))
    else if (busy) acquisition.busy()
  }

  function leaseOf(args: unknown[]): number | undefined {
    return typeof options.lease === 'function' ? options.lease(...args) : options.lease
  }

  function idOf(args: unknown[]): string {
    const { lockId } = options
    if (typeof lockId === 'string') return lockId
    const [first] = args
    const plain = typeof first === 'string' || typeof first === 'number' ? String(first) : fallbackId
    return lockId === undefined
      ? plain
      : textOf(
          () => lockId(...args),
          () => plain,
        )
  }
}

function isGranted(result: unknown): boolean {
  return result !== false && result !== null
}

/** Puts a method in the place of an object's own or inherited one, seen by nobody who looks at its keys. */
function put(object: object, name: PropertyKey, method: unknown): void {
  const own = Object.getOwnPropertyDescriptor(object, name)
  Object.defineProperty(object, name, {
    value: method,
    writable: true,
    configurable: true,
    enumerable: own?.enumerable ?? false,
  })
}
