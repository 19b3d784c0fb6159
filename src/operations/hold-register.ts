import type { HrTime } from '@opentelemetry/api'
import { isBefore } from '../trees/moments.js'
import { EarlyReleases } from './early-releases.js'
import { Hold, type HoldEnd } from './hold.js'
import type { LockRecord } from './lock-record.js'
import type { AcquireOperation, LossReason, ReleaseOperation, Renewal } from './operation.js'
import { onProcessClock, storageBehind } from './storage-clock.js'
import { sameMoment } from './tally.js'

/** Told when a hold ends; `reason` says why a lease was lost. */
export type HoldEndListener = (hold: Hold, reason: LossReason | undefined) => void

/**
 * The locks held now, and who held what: derived from operations, never counted up and down, so that a lost
 * event cannot make it drift. Bounded, and nothing in it lives longer than its lease.
 */
export class HoldRegister {
  readonly #byLock = new Map<string, Hold[]>()
  /** Those that ended lately too: a watch dog may not have noticed. */
  readonly #byDog = new Map<string, Hold>()
  /** All holds, oldest first. */
  readonly #all = new Set<Hold>()
  readonly #early: EarlyReleases
  /** Holds that ended lately: a waiter tells who held the lock only when its own wait is over. */
  readonly #ended = new Map<string, Hold>()
  // Goes on where it stopped: a new one would step over all that was deleted at the front, each time.
  #oldestEnded = this.#ended.keys()
  readonly #bound: number
  readonly #endedBound: number
  readonly #onEnd: HoldEndListener
  readonly #onDrop: () => void

  /**
   * @param bound the most holds remembered; one more forgets the oldest
   * @param onEnd told of each hold that ends
   * @param onDrop told when a hold was forgotten because of the bound
   */
  constructor(bound: number, onEnd: HoldEndListener, onDrop: () => void) {
    this.#bound = bound
    this.#onEnd = onEnd
    this.#onDrop = onDrop
    this.#early = new EarlyReleases(Math.min(bound, 1024))
    this.#endedBound = Math.min(bound, 1024)
  }

  get size(): number {
    return this.#all.size
  }

  /** The holds open now, oldest first. */
  holds(): IterableIterator<Hold> {
    return this.#all.values()
  }

  /** Who held this lock, going by the record a waiter saw; the hold may have ended since. */
  find(lockId: string, record: LockRecord): Hold | undefined {
    const holds = this.#byLock.get(lockId)
    if (holds !== undefined) {
      const open = exactly(holds, record)
      if (open !== undefined) return open
    }
    const ended = this.#ended.get(keyOf(lockId, record.ownerId, record.lockBeginTime))
    return ended ?? (holds === undefined ? undefined : this.#latestOf(holds, record.ownerId))
  }

  /** The hold that an acquire takes over: the newest of another owner. */
  takenOver(acquire: AcquireOperation): Hold | undefined {
    const holds = this.#byLock.get(acquire.lockId)
    if (holds === undefined) return undefined
    for (let i = holds.length - 1; i >= 0; i--) {
      const hold = holds[i] as Hold
      if (hold.rootId !== acquire.rootId) return hold
    }
    return undefined
  }

  /**
   * Enters an acquire. A reentrant one shares the hold of the first.
   *
   * @param handle kept with the hold until it ends
   * @param link kept with it a while longer, to link to it, e.g. the acquire's span context
   */
  acquired(acquire: AcquireOperation, handle: unknown, link: unknown): Hold | undefined {
    if (acquire.outcome !== 'acquired' || acquire.acquiredAt === undefined) return undefined
    if (acquire.reentrant) {
      const shared = this.#sharedBy(acquire)
      if (shared !== undefined) {
        shared.depth = acquire.record?.lockCount ?? shared.depth + 1
        this.#extend(shared, acquire.record)
        return shared
      }
    }
    if (acquire.takeover) {
      const old = this.takenOver(acquire)
      if (old !== undefined)
        this.#end(old, 'expired', earlier(old.leaseExpireTime, acquire.acquiredAt), 'expired')
    }
    const hold = new Hold(
      acquire.lockId,
      acquire.ownerId,
      acquire.storageName,
      acquire.rootId,
      acquire.watchDogId,
      acquire.record?.lockBeginTime,
      acquire.acquiredAt,
      acquire.record?.leaseExpireTime,
      acquire.record?.version,
      handle,
      link,
    )
    // Renewals tell of their leases on the same clock.
    hold.storageBehind = storageBehind(acquire.record, acquire.writtenAt)
    if (hold.storageBehind !== undefined && hold.leaseExpireTime !== undefined) {
      hold.leaseExpireTime = onProcessClock(hold.leaseExpireTime, hold.storageBehind)
    }
    this.#enter(hold)
    const release = this.#early.take(hold)
    if (release !== undefined) this.#end(hold, 'released', release, undefined)
    return hold
  }

  /**
   * Which hold a release lets go of, by watch dog, by record, else the owner's latest. One whose lease ended
   * before its release has ended already; the release still belongs to it.
   */
  releasedBy(release: ReleaseOperation): Hold | undefined {
    const byDog = release.watchDogId === '' ? undefined : this.#byDog.get(release.watchDogId)
    if (byDog !== undefined && byDog.end === undefined) return byDog
    const holds = this.#byLock.get(release.lockId)
    const begin = release.record?.lockBeginTime
    if (begin !== undefined) {
      const open = holds && exactly(holds, { ownerId: release.ownerId, lockBeginTime: begin })
      const hold = open ?? this.#ended.get(keyOf(release.lockId, release.ownerId, begin))
      if (hold !== undefined) return hold
    }
    return (holds && this.#latestOf(holds, release.ownerId)) ?? byDog
  }

  /** Enters a release; ends the hold where the storage let go of it. */
  released(release: ReleaseOperation, hold: Hold | undefined): void {
    if (hold !== undefined && release.outcome === 'reentry') {
      hold.depth = release.record?.lockCount ?? Math.max(1, hold.depth - 1)
      return
    }
    if (release.releasedAt === undefined) return
    if (hold === undefined) this.#early.add(release)
    else this.#end(hold, 'released', release.releasedAt, undefined)
  }

  /**
   * Whose lease a renewal extends. It belongs to the hold of its watch dog even where that has ended already: it
   * is the same lease.
   */
  renewedBy(renewal: Renewal): Hold | undefined {
    const own = renewal.watchDogId === '' ? undefined : this.#byDog.get(renewal.watchDogId)
    if (own !== undefined) return own
    const holds = this.#byLock.get(renewal.lockId)
    const latest = holds === undefined ? undefined : this.#latestOf(holds, renewal.ownerId)
    // The line that names the watch dog may be lost; but another dog's hold is not this one's.
    return latest === undefined || renewal.watchDogId === '' || latest.watchDogId === '' ? latest : undefined
  }

  /** Enters a renewal; ends the hold where the lease is gone. */
  renewed(renewal: Renewal, hold: Hold): void {
    if (renewal.outcome === 'renewed') {
      hold.renewals += 1
      this.#extend(hold, renewal.record)
      return
    }
    hold.failedRenewals += 1
    if (renewal.outcome !== 'lost') return
    // A watch dog that notices late what a release or another acquire did tells of no loss.
    if (hold.endsBy !== undefined && isBefore(hold.endsBy, renewal.end)) return
    hold.reportedLost = true
    if (renewal.lossCertain) this.#end(hold, 'lost', renewal.end, renewal.lossReason)
  }

  /**
   * Ends every hold whose lease ended before `now`: its process died, or its watch dog did.
   *
   * @param catchUp enters what is known of a hold and not entered yet, before it ends
   */
  expire(now: HrTime, catchUp?: (hold: Hold) => void): void {
    for (const hold of this.#all) {
      if (!isOver(hold, now)) continue
      catchUp?.(hold)
      if (isOver(hold, now)) this.#end(hold, 'expired', hold.leaseExpireTime, 'expired')
    }
  }

  #sharedBy(acquire: AcquireOperation): Hold | undefined {
    const holds = this.#byLock.get(acquire.lockId)
    if (holds === undefined) return undefined
    const record = acquire.record
    if (record !== undefined) {
      const exact = this.find(acquire.lockId, record)
      if (exact !== undefined && exact.ownerId === acquire.ownerId) return exact
    }
    return this.#latestOf(holds, acquire.ownerId)
  }

  #latestOf(holds: readonly Hold[], ownerId: string): Hold | undefined {
    for (let i = holds.length - 1; i >= 0; i--) {
      if ((holds[i] as Hold).ownerId === ownerId) return holds[i]
    }
    return undefined
  }

  #extend(hold: Hold, record: LockRecord | undefined): void {
    if (record?.leaseExpireTime === undefined) return
    const lease = onProcessClock(record.leaseExpireTime, hold.storageBehind)
    if (hold.leaseExpireTime === undefined || isBefore(hold.leaseExpireTime, lease))
      hold.leaseExpireTime = lease
  }

  #enter(hold: Hold): void {
    const holds = this.#byLock.get(hold.lockId)
    if (holds === undefined) this.#byLock.set(hold.lockId, [hold])
    else holds.push(hold)
    if (hold.watchDogId !== '') this.#byDog.set(hold.watchDogId, hold)
    this.#all.add(hold)
    if (this.#all.size > this.#bound) {
      const oldest = this.#all.values().next().value as Hold
      this.#remove(oldest)
      this.#forgetDog(oldest)
      this.#onDrop()
    }
  }

  #end(hold: Hold, end: HoldEnd, at: HrTime | undefined, reason: LossReason | undefined): void {
    if (hold.end !== undefined) return
    hold.end = end
    hold.endedAt = at === undefined || isBefore(at, hold.acquiredAt) ? hold.acquiredAt : at
    this.#remove(hold)
    this.#onEnd(hold, reason)
    hold.handle = undefined
    const key = keyOf(hold.lockId, hold.ownerId, hold.lockBeginTime)
    const before = this.#ended.get(key)
    if (before !== undefined) this.#forgetDog(before)
    this.#ended.set(key, hold)
    if (this.#ended.size > this.#endedBound) this.#forgetEnded()
  }

  #forgetEnded(): void {
    let next = this.#oldestEnded.next()
    if (next.done === true) {
      this.#oldestEnded = this.#ended.keys()
      next = this.#oldestEnded.next()
    }
    const key = next.value as string
    this.#forgetDog(this.#ended.get(key) as Hold)
    this.#ended.delete(key)
  }

  #forgetDog(hold: Hold): void {
    if (this.#byDog.get(hold.watchDogId) === hold) this.#byDog.delete(hold.watchDogId)
  }

  #remove(hold: Hold): void {
    this.#all.delete(hold)
    const holds = this.#byLock.get(hold.lockId)
    if (holds === undefined) return
    const index = holds.indexOf(hold)
    if (index >= 0) holds.splice(index, 1)
    if (holds.length === 0) this.#byLock.delete(hold.lockId)
  }
}

function isOver(hold: Hold, now: HrTime): boolean {
  return hold.leaseExpireTime !== undefined && isBefore(hold.leaseExpireTime, now)
}

/** The newest hold with this owner and begin time. */
function exactly(
  holds: readonly Hold[],
  record: Pick<LockRecord, 'ownerId' | 'lockBeginTime'>,
): Hold | undefined {
  for (let i = holds.length - 1; i >= 0; i--) {
    const hold = holds[i] as Hold
    if (hold.ownerId === record.ownerId && sameMoment(hold.lockBeginTime, record.lockBeginTime)) return hold
  }
  return undefined
}

function keyOf(lockId: string, ownerId: string, begin: HrTime | undefined): string {
  return `${lockId}\n${ownerId}\n${begin === undefined ? '' : `${begin[0]}.${begin[1]}`}`
}

function earlier(a: HrTime | undefined, b: HrTime): HrTime {
  return a !== undefined && isBefore(a, b) ? a : b
}
