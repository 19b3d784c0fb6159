import type { HrTime } from '@opentelemetry/api'

/** How a hold ended. */
export type HoldEnd = 'released' | 'lost' | 'expired'

/** A lock that is held: from the acquire to its release, its loss, or the end of its lease. */
export class Hold {
  /** The newest moment up to which the lease is known to run. */
  leaseExpireTime: HrTime | undefined
  /** Nanoseconds that the storage's clock is behind, where leases would seem over when they begin. */
  storageBehind: bigint | undefined = undefined
  /** Acquires that share this hold and were not undone: a reentrant lock has more than one. */
  depth = 1
  /** Renewals that succeeded while it was held. */
  renewals = 0
  /** Renewals that failed while it was held. */
  failedRenewals = 0
  /** Reported lost by its watch dog, though the record may still be there. */
  reportedLost = false
  /** When a release or another acquire ended it, as far as that is known; its watch dog may notice later. */
  endsBy: HrTime | undefined = undefined
  /** How it ended; undefined while the lock is held. */
  end: HoldEnd | undefined = undefined
  /** When it ended; undefined while the lock is held. */
  endedAt: HrTime | undefined = undefined

  constructor(
    /** The lock. */
    readonly lockId: string,
    /** Who holds it. */
    readonly ownerId: string,
    /** The storage that keeps the lock. */
    readonly storageName: string,
    /** The root id of the acquire's tree. */
    readonly rootId: string,
    /** The watch dog that renews the lease; empty for none. */
    readonly watchDogId: string,
    /** Since when it is held, on the storage's clock. */
    readonly lockBeginTime: HrTime | undefined,
    /** When the acquire had it. */
    readonly acquiredAt: HrTime,
    leaseExpireTime: HrTime | undefined,
    /** The version of the record that the acquire wrote. */
    readonly fencingToken: number | bigint | undefined,
    /** What the consumer keeps while the lock is held, and what it keeps a while longer to link to it. */
    public handle: unknown,
    /** What the consumer needs to link to it. */
    readonly link: unknown,
  ) {
    this.leaseExpireTime = leaseExpireTime
  }
}
