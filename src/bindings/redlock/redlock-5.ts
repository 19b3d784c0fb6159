import type { HrTime } from '@opentelemetry/api'
import { now } from '../../events/index.js'
import type { Acquisition } from '../internal/acquisition.js'
import { passFor } from '../internal/class-of.js'
import type { Hold } from '../internal/hold.js'
import { leaseEnd } from '../internal/lease.js'
import { rememberListeners } from '../internal/listeners.js'
import { quietly } from '../internal/quietly.js'
import type { Recorder } from '../internal/recorder.js'
import type { Release } from '../internal/release.js'
import type { Renewal } from '../internal/renewal.js'
import { textOf } from '../internal/text.js'
import { Call, type FailedAttempt, lockIdOf, type Pace } from './calls.js'
import type { RedlockOptions } from './options.js'

/** A lock of redlock 5, as far as it is looked at. */
export interface RedlockLock {
  redlock: unknown
  readonly resources: string[]
  readonly attempts: ReadonlyArray<Promise<unknown>>
  readonly expiration: number
}

interface Settings {
  readonly retryCount?: number
  readonly retryDelay?: number
  readonly retryJitter?: number
}

/** What redlock 5.0.0-beta.2 and `@sesamecare-oss/redlock` have in common, by its public names. */
interface Redlock5 {
  readonly clients: ReadonlySet<unknown>
  readonly settings: Required<Settings>
  acquire(resources: string[], duration: number, settings?: Settings): Promise<RedlockLock>
  release(lock: RedlockLock, settings?: Settings): Promise<unknown>
  extend(lock: RedlockLock, duration: number, settings?: Settings): Promise<RedlockLock>
  using(...args: unknown[]): Promise<unknown>
  emit(event: string | symbol, ...args: unknown[]): boolean
}

/** The holds of all bound instances: a lock may be released by another instance than acquired it. */
const holds = new WeakMap<RedlockLock, Hold>()

/** A subclass of Redlock 5 that publishes what it does. */
export function subclass(
  Base: new (...args: unknown[]) => object,
  recorder: Recorder<readonly string[]>,
  options: Pick<RedlockOptions, 'lockId'>,
): new (
  ...args: unknown[]
) => object {
  const nameOf = (resources: string[]): string =>
    textOf(
      () => options.lockId?.(resources),
      () => textOf(() => lockIdOf(resources), String),
    )

  let isUsing = false

  class InstrumentedRedlock extends (Base as new (...args: unknown[]) => Redlock5) {
    constructor(...args: unknown[]) {
      super(...args)
      rememberListeners(this, recorder.listeners)
    }

    override acquire(...args: Parameters<Redlock5['acquire']>): Promise<RedlockLock> {
      if (!recorder.enabled) return super.acquire(...args)
      const [resources, duration, settings] = args
      const watched = isUsing
      isUsing = false
      const acquisition = recorder.acquire(nameOf(resources), recorder.ownerId(resources))
      const pace = paceOf(this, settings)
      const call = new Call(acquisition.start, pace, (attempt) => retried(acquisition, attempt, pace))
      const result = super.acquire.call(during(this, call), ...args)
      acquisition.begun()
      return result.then(
        (lock) => {
          quietly(() => {
            lock.redlock = this
            const end = now()
            const start = call.attemptStart(end)
            // Late votes of several nodes can hide a failed attempt.
            acquisition.countBusy(Math.max(lock.attempts.length - 1 - acquisition.attempts, 0))
            holds.set(lock, acquisition.acquired({ start, end }, leaseEnd(start, duration), { watched }))
          })
          return lock
        },
        (error: unknown) => {
          if (call.last?.locked === true) acquisition.timedOut()
          else acquisition.failed(call.last?.error ?? error)
          throw error
        },
      )
    }

    override extend(...args: Parameters<Redlock5['extend']>): Promise<RedlockLock> {
      const [lock, duration, settings] = args
      const hold = recorder.enabled ? holds.get(lock) : undefined
      const renewal = hold?.renew()
      if (hold === undefined || renewal === undefined) return super.extend(...args)
      const call = new Call(renewal.start, paceOf(this, settings), ({ lockedByQuorum, error }) => {
        // Retries cannot help: a quorum of nodes has another's value, or none. Redlock goes on trying.
        if (lockedByQuorum) renewal.lost('not_owner', error)
      })
      return super.extend.call(during(this, call), ...args).then(
        (replacement) => {
          quietly(() => {
            replacement.redlock = this
            holds.set(replacement, hold)
            renewal.succeeded(leaseEnd(call.attemptStart(now()), duration))
          })
          return replacement
        },
        (error: unknown) => {
          renewalFailed(renewal, lock, call.last, error)
          throw error
        },
      )
    }

    override release(...args: Parameters<Redlock5['release']>): Promise<unknown> {
      if (!recorder.enabled) return super.release(...args)
      const [lock, settings] = args
      const hold = holds.get(lock)
      const release: Release = recorder.release(hold, hold === undefined ? nameOf(lock?.resources) : '')
      const call = new Call(release.start, paceOf(this, settings))
      const result = super.release.call(during(this, call), ...args)
      release.begun()
      return result.then(
        (result) => {
          release.done()
          return result
        },
        (error: unknown) => {
          if (call.last?.lockedByQuorum === true) release.refused(error)
          else release.failed(error)
          throw error
        },
      )
    }

    override using(...args: unknown[]): Promise<unknown> {
      // `using` acquires before it first waits; so that acquire, and no other, is the one it will extend.
      isUsing = true
      try {
        return super.using(...args)
      } finally {
        isUsing = false
      }
    }
  }
  return passFor(InstrumentedRedlock, Base)
}

/**
 * An instance as one call sees it: the errors that it emits are that call's votes, before they are
 * everybody's.
 */
function during<T extends Redlock5>(redlock: T, call: Call): T {
  const view = Object.create(redlock) as T
  view.emit = (event, ...args) => {
    if (event === 'error') quietly(() => call.vote(args[0]))
    return redlock.emit(event, ...args)
  }
  return view
}

function paceOf(redlock: Redlock5, settings: Settings | undefined): Pace {
  const { retryCount, retryDelay, retryJitter } = { ...redlock.settings, ...settings }
  return {
    nodes: redlock.clients.size,
    maxAttempts: retryCount === -1 ? Number.POSITIVE_INFINITY : retryCount + 1,
    retryDelay,
    retryJitter,
  }
}

function retried(acquisition: Acquisition, attempt: FailedAttempt, pace: Pace): void {
  const { start, end, locked, error } = attempt
  const last = acquisition.attempts + 1 >= pace.maxAttempts
  const details: { start: HrTime; end: HrTime; sleep: number | undefined } = {
    start,
    end,
    sleep: last ? undefined : pace.retryDelay,
  }
  if (locked) acquisition.busy(details)
  else acquisition.attemptFailed(error, details)
}

function renewalFailed(
  renewal: Renewal,
  lock: RedlockLock,
  last: FailedAttempt | undefined,
  error: unknown,
): void {
  // The test by which `using` gives the lease up, made at the same moment.
  if (!(lock.expiration > Date.now())) renewal.lost('not_found', last?.error ?? error)
  else renewal.failed(last?.error ?? error)
}
