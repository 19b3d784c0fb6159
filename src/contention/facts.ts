import type { HrTime } from '@opentelemetry/api'
import type { HoldEnd } from '../operations/hold.js'
import type { AcquireOutcome, LossReason, ReleaseOutcome, RenewalOutcome } from '../operations/operation.js'

/** What every fact has. Times are HrTime: seconds and nanoseconds since 1970. */
export interface FactBase {
  /** Counts the facts of a recorder, in the order in which they became certain; the first is 1. */
  readonly seq: number
  /** The lock. */
  readonly lockId: string
  /** As the recorder's option `ownerId` shows it. */
  readonly ownerId: string
  /** The storage that keeps the lock. */
  readonly storageName: string
  /** The root id of the tree the fact is from: of the Lock, or of the Unlock. */
  readonly rootId: string
  /** When it began. */
  readonly start: HrTime
  /** When it was over. */
  readonly end: HrTime
}

/** A call of Lock: one record of `storage_lock.acquire.duration` where it is `complete`. */
export interface AcquireFact extends FactBase {
  /** A call of Lock. */
  readonly kind: 'acquire'
  /** How it ended. */
  readonly outcome: AcquireOutcome
  /** Whether the metrics count it: its outcome was decided, or it finished. */
  readonly complete: boolean
  /** Whether its Finish was seen. */
  readonly finished: boolean
  /** Attempts it made; 1 when it got the lock at once. */
  readonly attempts: number
  /** Seconds from the start to each attempt; an even choice of them where there were very many. */
  readonly triedAfter: readonly number[]
  /** Attempts that found the lock held. */
  readonly busy: number
  /** Attempts that lost a race to another writer. */
  readonly versionMisses: number
  /** When it had the lock; undefined where it did not get it. */
  readonly acquiredAt: HrTime | undefined
  /** Whether the owner held the lock already. */
  readonly reentrant: boolean
  /** Whether an expired or abandoned record of another owner was taken over. */
  readonly takeover: boolean
  /** The version of the record that the acquire wrote. */
  readonly fencingToken: number | bigint | undefined
  /** Low-cardinality class of the failure; undefined for none. */
  readonly errorType: string | undefined
  /** Those whom its busy attempts met holding the lock, and since when; a few at most. */
  readonly holders: readonly Holder[]
}

/** Somebody who held a lock, as a waiter saw it. */
export interface Holder {
  /** As the recorder's option `ownerId` shows it. */
  readonly ownerId: string
  /** On the storage's clock. */
  readonly since: HrTime | undefined
}

/** The time a lock was held: one record of `storage_lock.hold.duration`. */
export interface HoldFact extends FactBase {
  /** A time of holding. */
  readonly kind: 'hold'
  /** `held`: it is held still. Then `end` is the newest moment heard of. */
  readonly how: HoldEnd | 'held'
  /** Why the lease was lost, if it was. */
  readonly lossReason: LossReason | undefined
  /** Until when the lease runs, as far as it is known. */
  readonly leaseExpireTime: HrTime | undefined
  /** Renewals that succeeded. */
  readonly renewals: number
  /** Renewals that failed. */
  readonly failedRenewals: number
  /** The version of the record that the acquire wrote. */
  readonly fencingToken: number | bigint | undefined
}

/** A call of Unlock: one record of `storage_lock.release.duration` where it is `complete`. */
export interface ReleaseFact extends FactBase {
  /** A call of Unlock. */
  readonly kind: 'release'
  /** How it ended. */
  readonly outcome: ReleaseOutcome
  /** Whether the metrics count it: its outcome was decided, or it finished. */
  readonly complete: boolean
  /** Whether its Finish was seen. */
  readonly finished: boolean
  /** When the storage had let go of the lock. */
  readonly releasedAt: HrTime | undefined
  /** Low-cardinality class of the failure; undefined for none. */
  readonly errorType: string | undefined
}

/** One renewal of a lease: one record of `storage_lock.renewal.duration`. */
export interface RenewalFact extends FactBase {
  /** A renewal. */
  readonly kind: 'renewal'
  /** How it ended. */
  readonly outcome: RenewalOutcome
  /** Why the lease was lost, if it was. */
  readonly lossReason: LossReason | undefined
  /** Whether the metrics count a lost lease for it: no known hold ends by it. */
  readonly countsAsLoss: boolean
  /** Seconds of lease that were left when it completed. */
  readonly headroom: number | undefined
  /** Low-cardinality class of the failure; undefined for none. */
  readonly errorType: string | undefined
}

/** One thing that happened to a lock. */
export type ContentionFact = AcquireFact | HoldFact | ReleaseFact | RenewalFact

/** What is known of who waited for whom: plain data, the same facts that spans and metrics are made of. */
export interface ContentionFacts {
  /** In the order in which they became certain. */
  readonly facts: readonly ContentionFact[]
  /** The locks held now. */
  readonly held: readonly HoldFact[]
  /** Those who wait now, as far as somebody told: acquires whose outcome is `unknown`. */
  readonly waiting: readonly AcquireFact[]
  /** The newest moment heard of. */
  readonly until: HrTime | undefined
  /** The `seq` of the newest fact; hand it to `since()` to get what comes after. */
  readonly seq: number
  /** Facts forgotten so far, because of the recorder's bounds. */
  readonly forgotten: number
}
