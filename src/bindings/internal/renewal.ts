import type { HrTime } from '@opentelemetry/api'
import { ActionName, LockInformation, now } from '../../events/index.js'
import { actionAt, failedAction, storageCall } from './actions.js'
import type { WatchDog } from './watch-dog.js'

/** Why a lease was lost: another has the lock, or the lock's record is gone or over. */
export type LossReason = 'not_owner' | 'not_found'

/** One renewal of a lease, from its start to its outcome. */
export class Renewal {
  readonly start: HrTime
  readonly #dog: WatchDog

  constructor(dog: WatchDog, start: HrTime) {
    this.#dog = dog
    this.start = start
  }

  /** @param lease when the lease ends now, where it does */
  succeeded(lease?: HrTime): void {
    const { hold } = this.#dog
    if (!hold.open) return
    const end = now()
    const old = hold.record
    hold.record = new LockInformation(
      old.lockId,
      old.ownerId,
      old.version,
      old.lockCount,
      old.lockBeginTime,
      lease,
    )
    this.#dog.succeeded()
    this.#dog.publish(
      this.#dog
        .child(this.start, end)
        .setLockInformation(hold.record)
        .addAction(actionAt(ActionName.WatchDogRefresh, this.start))
        .addAction(storageCall(ActionName.StorageUpdateWithVersion, this.start, end, old.lockId, hold.record))
        .addAction(actionAt(ActionName.WatchDogUpdateWithVersionSuccess, end)),
    )
    this.#dog.publish(
      this.#dog
        .child(end, end)
        .addAction(actionAt(ActionName.WatchDogRefreshSuccess, end, this.#dog.counts())),
    )
  }

  /** It failed; the lease runs on, and may be renewed yet. */
  failed(err: unknown): void {
    const { hold } = this.#dog
    if (!hold.open) return
    const end = now()
    if (this.#dog.isQuiet(end)) {
      this.#dog.failed()
      return
    }
    this.#dog.failed(end)
    const call = storageCall(ActionName.StorageUpdateWithVersion, this.start, end, hold.record.lockId)
    this.#dog.publish(
      this.#dog
        .child(this.start, end)
        .addAction(actionAt(ActionName.WatchDogRefresh, this.start))
        .addAction(call.setErr(err ?? null))
        .addAction(failedAction(ActionName.WatchDogUpdateWithVersionError, end, err)),
    )
    this.#dog.publish(
      this.#dog
        .child(end, end)
        .addAction(failedAction(ActionName.WatchDogRefreshError, end, err, this.#dog.counts())),
    )
  }

  /** It found the lease lost. The hold is over. */
  lost(reason: LossReason, err: unknown): void {
    const { hold } = this.#dog
    if (!hold.open) return
    const end = now()
    const name = reason === 'not_owner' ? ActionName.NotLockOwner : ActionName.LockNotFoundError
    this.#dog.failed(end)
    this.#dog.publish(
      this.#dog
        .child(this.start, end)
        .addAction(actionAt(ActionName.WatchDogRefresh, this.start))
        .addAction(failedAction(name, end, err)),
    )
    hold.close()
  }
}
