import type { HrTime } from '@opentelemetry/api'

/** How a hold ended. */
export type HoldEnd = 'released' | 'lost' | 'expired'

/** A lock that is held: from the acquire to its release, its loss, or the end of its lease. */
export class Hold {
  /** The newest moment up to which the lease is known to run, on the storage's clock. */
  leaseExpireTime: HrTime | undefined
  /** Acquires that share this hold and were not undone: a reentrant lock has more than one. */
  depth = 1
  renewals = 0
  failedRenewals = 0
  /** Reported lost by its watch dog, though the record may still be there. */
  reportedLost = false
  end: HoldEnd | undefined = undefined
  endedAt: HrTime | undefined = undefined

  constructor(
    readonly lockId: string,
    readonly ownerId: string,
    readonly storageName: string,
    /** The root id of the acquire's tree. */
    readonly rootId: string,
    readonly watchDogId: string,
    readonly lockBeginTime: HrTime | undefined,
    readonly acquiredAt: HrTime,
    leaseExpireTime: HrTime | undefined,
    readonly fencingToken: number | bigint | undefined,
    /** What the consumer keeps while the lock is held, and what it keeps a while longer to link to it. */
    public handle: unknown,
    readonly link: unknown,
  ) {
    this.leaseExpireTime = leaseExpireTime
  }
}
