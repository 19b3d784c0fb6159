import type { HrTime } from '@opentelemetry/api'
import { compareHrTime, now } from '../../events/index.js'
import type { Hold } from '../internal/hold.js'
import { leaseEnd } from '../internal/lease.js'
import { quietly } from '../internal/quietly.js'
import type { Recorder } from '../internal/recorder.js'
import { textOf } from '../internal/text.js'
import { lockIdOf } from './calls.js'
import type { RedlockOptions } from './options.js'
import { type Bluebird, during, isCleanUp, type Lock4, type Redlock4, type Seen } from './redlock-4-view.js'

/** The names of the methods that are seen. */
export const NAMES = [
  'lock',
  'acquire',
  'lockWithOptions',
  'acquireWithOptions',
  'disposer',
  'unlock',
  'release',
  'extend',
] as const

export type Method = (...args: unknown[]) => unknown
export type Methods = Readonly<Record<(typeof NAMES)[number], Method>>
export type Options = Pick<RedlockOptions, 'lockId'>

const holds = new WeakMap<object, Hold>()

/**
 * What takes the place of the methods of an instance of redlock 4.
 *
 * @param redlock the instance as the program has it
 * @param target the instance itself
 * @param found its methods
 */
export function instead(
  redlock: Redlock4,
  target: Redlock4,
  found: Methods,
  recorder: Recorder<readonly string[]>,
  options: Options,
): Methods {
  const locking =
    (name: 'lock' | 'acquire'): Method =>
    (resource, ttl, callback) =>
      acquire(resource, ttl as number, (view) => Reflect.apply(found[name], view, [resource, ttl])).nodeify(
        callback,
      )
  const lockingWithOptions =
    (name: 'lockWithOptions' | 'acquireWithOptions'): Method =>
    (resource, ttl, given, callback) => {
      // The callback may stand in the place of the options.
      const called = typeof given === 'function' && callback === undefined
      const own = called ? {} : given
      return acquire(resource, ttl as number, (view) =>
        Reflect.apply(found[name], view, [resource, ttl, own]),
      ).nodeify(called ? given : callback)
    }
  const releasing =
    (name: 'unlock' | 'release'): Method =>
    (held, callback) =>
      isCleanUp(held as Lock4)
        ? Reflect.apply(found[name], target, [held, callback])
        : release(held as Lock4, found[name]).nodeify(callback)
  return {
    lock: locking('lock'),
    acquire: locking('acquire'),
    lockWithOptions: lockingWithOptions('lockWithOptions'),
    acquireWithOptions: lockingWithOptions('acquireWithOptions'),
    disposer: (resource, ttl, onError) =>
      acquire(resource, ttl as number, (view) =>
        Reflect.apply(found.lockWithOptions, view, [resource, ttl, {}]),
      ).disposer((held) => held.unlock().catch((onError as undefined) || (() => undefined))),
    unlock: releasing('unlock'),
    release: releasing('release'),
    extend: (held, ttl, callback) => extend(held as Lock4, ttl as number).nodeify(callback),
  }

  function acquire(resource: unknown, ttl: number, call: (view: Redlock4) => unknown): Bluebird<Lock4> {
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
    const result = call(during(redlock, target, attemptFailed)) as Bluebird<Lock4>
    acquisition.begun()
    return result.then(
      (held) => {
        quietly(() => {
          const end = now()
          const start = attemptStart(held, ttl, acquisition.start, end)
          // A lock gives itself back through this, and so through the binding.
          held.redlock = redlock
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

  function release(held: Lock4, original: Method): Bluebird<void> {
    const hold = holds.get(held)
    const released = recorder.release(hold, hold === undefined ? nameOf([held?.resource].flat()) : '')
    const view = during(redlock, target)
    const result = Reflect.apply(original, view, [held]) as Bluebird<void>
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
    let last: Seen | undefined
    const view = during(redlock, target, (_attempt, seen) => {
      last = seen
      // The nodes answered, and a quorum of them has another's value, or none: retries cannot help.
      if (seen.errors === 0) renewal?.lost('not_owner', null)
    })
    const result = Reflect.apply(found.extend, view, [held, ttl]) as Bluebird<Lock4>
    if (renewal === undefined) return result
    return result.then(
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
