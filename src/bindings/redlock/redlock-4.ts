import type { HrTime } from '@opentelemetry/api'
import { compareHrTime, now } from '../../events/index.js'
import type { Hold } from '../internal/hold.js'
import { leaseEnd } from '../internal/lease.js'
import { rememberListeners } from '../internal/listeners.js'
import { quietly } from '../internal/quietly.js'
import type { Recorder } from '../internal/recorder.js'
import { textOf } from '../internal/text.js'
import { lockIdOf } from './calls.js'
import type { RedlockOptions } from './options.js'
import {
  type Bluebird,
  type Callback,
  during,
  type Lock4,
  type Redlock4,
  type Seen,
} from './redlock-4-view.js'

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
  return rememberListeners(proxy, recorder.listeners)

  function acquire(resource: unknown, ttl: number, own: object): Bluebird<Lock4> {
    const resources: readonly string[] = Array.isArray(resource) ? resource : [resource]
    const acquisition = recorder.acquire(nameOf(resources), recorder.ownerId(resources))
    const quorum = quorumOf(target)
    let lastFailed: unknown
    const attemptFailed = (attempt: Lock4, { errors, error }: Seen): void => {
      const end = now()
      const start = attemptStart(attempt, ttl, acquisition.start, end)
      const sleep = attempt.attemptsRemaining === -1 ? undefined : target.retryDelay
      lastFailed = errors >= quorum ? error : undefined
      if (errors >= quorum) acquisition.attemptFailed(error, { start, end, sleep })
      else acquisition.busy({ start, end, sleep })
    }
    const view = during(target, attemptFailed)
    const result = view.lockWithOptions(resource, ttl, own)
    acquisition.begun()
    return result.then(
      (held) => {
        quietly(() => {
          const end = now()
          const start = attemptStart(held, ttl, acquisition.start, end)
          // A lock gives itself back through this, and so through the binding.
          held.redlock = proxy
          holds.set(held, acquisition.acquired({ start, end }, leaseEnd(start, ttl)))
        })
        return held
      },
      (error: unknown) => {
        quietly(() => {
          if (acquisition.attempts === 0 || lastFailed !== undefined) acquisition.failed(lastFailed ?? error)
          else acquisition.timedOut()
        })
        throw error
      },
    )
  }

  function release(held: Lock4): Bluebird<void> {
    const hold = holds.get(held)
    const released = recorder.release(hold, hold === undefined ? nameOf([held?.resource].flat()) : '')
    const view = during(target)
    const result = view.unlock(held)
    released.begun()
    return result.then(
      (result) => {
        released.done()
        return result
      },
      (error: unknown) => {
        const { errors, error: cause } = view.seen
        if (errors >= quorumOf(target)) released.failed(cause)
        else released.refused(error)
        throw error
      },
    )
  }

  function extend(held: Lock4, ttl: number): Bluebird<Lock4> {
    const renewal = holds.get(held)?.renew()
    if (renewal === undefined) return target.extend(held, ttl)
    let last: Seen | undefined
    const view = during(target, (_attempt, seen) => {
      last = seen
      // The nodes answered, and a quorum of them has another's value, or none: retries cannot help.
      if (seen.errors === 0) renewal.lost('not_owner', null)
    })
    return view.extend(held, ttl).then(
      (extended) => {
        renewal.succeeded(leaseEnd(renewal.start, ttl))
        return extended
      },
      (error: unknown) => {
        const nodesFailed = last !== undefined && last.errors >= quorumOf(target)
        if (!(held.expiration > Date.now())) renewal.lost('not_found', nodesFailed ? last?.error : error)
        else if (nodesFailed) renewal.failed(last?.error)
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

  /** When an attempt began, to the millisecond: its expiration is reckoned from there. */
  function attemptStart(attempt: Lock4, ttl: number, earliest: HrTime, latest: HrTime): HrTime {
    if (attempt.attempts <= 1) return earliest
    const milliseconds = attempt.expiration - ttl + Math.round(target.driftFactor * ttl) + 2
    const start: HrTime = [Math.floor(milliseconds / 1000), Math.round((milliseconds % 1000) * 1e6)]
    if (compareHrTime(start, earliest) < 0) return earliest
    return compareHrTime(start, latest) > 0 ? latest : start
  }
}

function quorumOf(redlock: Redlock4): number {
  return Math.floor(redlock.servers.length / 2) + 1
}
