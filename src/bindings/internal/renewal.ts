import type { HrTime } from '@opentelemetry/api'
import { type Action, ActionName, type Event, LockInformation, now } from '../../events/index.js'
import { actionAt, failedAction, storageCall } from './actions.js'
import type { Keeper } from './keeper.js'
import { childOf } from './publisher.js'

/** Why a lease was lost: another has the lock, or the lock's record is gone or over. */
export type LossReason = 'not_owner' | 'not_found'

/** One renewal of a lease, from its start to its outcome. */
export class Renewal {
  readonly start: HrTime
  readonly #keeper: Keeper

  constructor(keeper: Keeper, start: HrTime) {
    this.#keeper = keeper
    this.start = start
  }

  /** @param lease when the lease ends now, where it does */
  succeeded(lease?: HrTime): void {
    const { hold } = this.#keeper
    if (!hold.open) return
    const end = now()
    const { lockId, ownerId, version, lockCount, lockBeginTime } = hold.record
    hold.record = new LockInformation(lockId, ownerId, version, lockCount, lockBeginTime, lease)
    this.#keeper.succeeded()
    const refresh = this.#refresh(end)
    this.#write(refresh, end, null)
    this.#keeper.publish(refresh.addAction(actionAt(ActionName.WatchDogUpdateWithVersionSuccess, end)))
    this.#over(actionAt(ActionName.WatchDogRefreshSuccess, end, this.#keeper.counts()))
  }

  /** It failed; the lease runs on, and may be renewed yet. */
  failed(err: unknown): void {
    if (!this.#keeper.hold.open) return
    const end = now()
    if (this.#keeper.isQuiet(end)) {
      this.#keeper.failed()
      return
    }
    this.#keeper.failed(end)
    const refresh = this.#refresh(end)
    this.#write(refresh, end, err)
    this.#keeper.publish(refresh.addAction(failedAction(ActionName.WatchDogUpdateWithVersionError, end, err)))
    this.#over(failedAction(ActionName.WatchDogRefreshError, end, err, this.#keeper.counts()))
  }

  /** It found the lease lost. The hold is over. */
  lost(reason: LossReason, err: unknown): void {
    const { hold } = this.#keeper
    if (!hold.open) return
    const end = now()
    const name = reason === 'not_owner' ? ActionName.NotLockOwner : ActionName.LockNotFoundError
    this.#keeper.failed(end)
    this.#keeper.publish(this.#refresh(end).addAction(failedAction(name, end, err)))
    this.#over(failedAction(ActionName.WatchDogRefreshError, end, err, this.#keeper.counts()))
    hold.close()
  }

  #refresh(end: HrTime): Event {
    return this.#keeper.child(this.start, end).addAction(actionAt(ActionName.WatchDogRefresh, this.start))
  }

  /** The write of the renewed record. */
  #write(refresh: Event, end: HrTime, err: unknown): void {
    const { record } = this.#keeper.hold
    const written = err === null ? record : undefined
    const call = storageCall(ActionName.StorageUpdateWithVersion, this.start, end, record.lockId, written)
    this.#keeper.publish(
      childOf(refresh, this.start, end).setLockInformation(written).addAction(call.setErr(err)),
    )
  }

  #over(outcome: Action): void {
    const end = outcome.startTime as HrTime
    this.#keeper.publish(this.#keeper.child(end, end).addAction(outcome))
  }
}
