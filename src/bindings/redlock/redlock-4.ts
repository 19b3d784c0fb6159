import type { HrTime } from '@opentelemetry/api'
import { compareHrTime, now } from '../../events/index.js'
import type { Hold } from '../internal/hold.js'
import { leaseEnd } from '../internal/lease.js'
import { rememberListeners } from '../internal/listeners.js'
import { quietly } from '../internal/quietly.js'
import type { Recorder } from '../internal/recorder.js'
import { textOf } from '../internal/text.js'
import { calls, lockIdOf, type Voter } from './calls.js'
import type { RedlockOptions } from './options.js'

type Callback = (error: unknown, value?: unknown) => void

/** A promise of bluebird, which redlock 4 returns. */
interface Bluebird<T> extends Promise<T> {
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Bluebird<A | B>
  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Bluebird<T | B>
  nodeify(callback: unknown): Bluebird<T>
  disposer(dispose: (value: T) => unknown): unknown
}

interface Lock4 {
  redlock: unknown
  readonly resource: string | string[]
  /** Milliseconds since 1970. */
  readonly expiration: number
  readonly attempts: number
  unlock(callback?: Callback): Bluebird<void>
}

/** redlock 4.2 by its public names. */
interface Redlock4 {
  readonly servers: readonly unknown[]
  readonly driftFactor: number
  lockWithOptions(resource: unknown, ttl: number, options: object): Bluebird<Lock4>
  unlock(lock: Lock4): Bluebird<void>
  extend(lock: Lock4, ttl: number): Bluebird<Lock4>
  on(event: string, listener: (error: unknown) => void): unknown
}

/** Counts the failures of nodes during a call. That a resource is locked is no failure here. */
class NodeFailures implements Voter {
  readonly owner: object
  count = 0
  last: unknown

  constructor(owner: object) {
    this.owner = owner
  }

  vote(error: unknown): void {
    this.count += 1
    this.last = error
  }
}

const holds = new WeakMap<object, Hold>()

/**
 * Wraps an instance of redlock 4. It cannot be subclassed to this end: each failed attempt of its own calls
 * `unlock`.
 */
export function wrap<T extends object>(
  redlock: T,
  recorder: Recorder<readonly string[]>,
  options: Pick<RedlockOptions, 'lockId'>,
): T {
  const target = redlock as unknown as Redlock4
  const methods = new Map<PropertyKey, (...args: never[]) => unknown>()
  const proxy: T = new Proxy(redlock, {
    get(object, key, receiver) {
      return (recorder.enabled ? methods.get(key) : undefined) ?? Reflect.get(object, key, receiver)
    },
  })

  const lock = (resource: unknown, ttl: number, callback?: Callback): unknown =>
    acquire(resource, ttl, {}).nodeify(callback)
  const lockWithOptions = (resource: unknown, ttl: number, own: object, callback?: Callback): unknown =>
    acquire(resource, ttl, own).nodeify(callback)
  const disposer = (resource: unknown, ttl: number, onError?: (error: unknown) => unknown): unknown =>
    acquire(resource, ttl, {}).disposer((held) => held.unlock().catch(onError ?? (() => undefined)))
  const unlock = (held: Lock4, callback?: Callback): unknown => release(held).nodeify(callback)
  const extension = (held: Lock4, ttl: number, callback?: Callback): unknown =>
    extend(held, ttl).nodeify(callback)
  methods.set('lock', lock).set('acquire', lock)
  methods.set('lockWithOptions', lockWithOptions).set('acquireWithOptions', lockWithOptions)
  methods.set('disposer', disposer)
  methods.set('unlock', unlock).set('release', unlock)
  methods.set('extend', extension)
  target.on('clientError', (error) => {
    const call = calls.getStore()
    if (call?.owner === target) call.vote(error)
  })
  return rememberListeners(proxy, recorder.listeners)

  function acquire(resource: unknown, ttl: number, own: object): Bluebird<Lock4> {
    const resources: readonly string[] = Array.isArray(resource) ? resource : [resource]
    const acquisition = recorder.acquire(nameOf(resources), recorder.ownerId(resources))
    const nodes = new NodeFailures(target)
    return calls
      .run(nodes, () => target.lockWithOptions(resource, ttl, own))
      .then(
        (held) => {
          quietly(() => {
            const end = now()
            const start =
              held.attempts > 1 ? lastAttempt(held, ttl, acquisition.start, end) : acquisition.start
            if (!failedBy(nodes, held.attempts - 1)) acquisition.countBusy(held.attempts - 1)
            // A lock gives itself back through this, and so through the binding.
            held.redlock = proxy
            holds.set(held, acquisition.acquired({ start, end }, leaseEnd(start, ttl)))
          })
          return held
        },
        (error: unknown) => {
          quietly(() => {
            const attempts = (error as { attempts?: unknown } | null)?.attempts
            if (typeof attempts !== 'number') return acquisition.failed(error)
            if (failedBy(nodes, attempts)) return acquisition.failed(nodes.last)
            acquisition.countBusy(attempts)
            acquisition.timedOut()
          })
          throw error
        },
      )
  }

  function release(held: Lock4): Bluebird<void> {
    const hold = holds.get(held)
    const released = recorder.release(hold, hold === undefined ? nameOf([held?.resource].flat()) : '')
    const nodes = new NodeFailures(target)
    return calls
      .run(nodes, () => target.unlock(held))
      .then(
        (result) => {
          released.done()
          return result
        },
        (error: unknown) => {
          if (failedBy(nodes, 1)) released.failed(nodes.last)
          else released.refused(error)
          throw error
        },
      )
  }

  function extend(held: Lock4, ttl: number): Bluebird<Lock4> {
    const renewal = holds.get(held)?.renew()
    if (renewal === undefined) return target.extend(held, ttl)
    const nodes = new NodeFailures(target)
    return calls
      .run(nodes, () => target.extend(held, ttl))
      .then(
        (extended) => {
          renewal.succeeded(leaseEnd(renewal.start, ttl))
          return extended
        },
        (error: unknown) => {
          if (!(held.expiration > Date.now())) renewal.lost('not_found', nodes.last ?? error)
          else if (failedBy(nodes, 1)) renewal.failed(nodes.last)
          // The nodes answered, and a quorum of them has another's value, or none.
          else renewal.lost('not_owner', error)
          throw error
        },
      )
  }

  function nameOf(resources: readonly string[]): string {
    return textOf(
      () => options.lockId?.(resources),
      () => textOf(() => lockIdOf(resources), String),
    )
  }

  /** Whether so many attempts failed because a quorum of nodes did. */
  function failedBy(nodes: NodeFailures, attempts: number): boolean {
    return nodes.count > 0 && nodes.count >= attempts * (Math.floor(target.servers.length / 2) + 1)
  }

  /** When the attempt that succeeded began, to the millisecond: the expiration is reckoned from there. */
  function lastAttempt(held: Lock4, ttl: number, earliest: HrTime, latest: HrTime): HrTime {
    const milliseconds = held.expiration - ttl + Math.round(target.driftFactor * ttl) + 2
    const start: HrTime = [Math.floor(milliseconds / 1000), (milliseconds % 1000) * 1e6]
    if (compareHrTime(start, earliest) < 0) return earliest
    return compareHrTime(start, latest) > 0 ? latest : start
  }
}
