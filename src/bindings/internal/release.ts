import { type Context, context, type HrTime } from '@opentelemetry/api'
import { type Action, ActionName, type Event, EventType, LockInformation, now } from '../../events/index.js'
import { actionAt, failedAction, storageCall } from './actions.js'
import type { Hold } from './hold.js'
import { childOf, type Publisher } from './publisher.js'

/** A call that gives a lock back: from its begin to its outcome. */
export class Release {
  readonly #publisher: Publisher
  readonly #hold: Hold | undefined
  readonly start: HrTime
  readonly #context: Context
  readonly #root: Event
  #begun = false

  constructor(publisher: Publisher, hold: Hold | undefined, lockId: string, ownerId: string) {
    const start = now()
    this.#publisher = publisher
    this.#hold = hold
    this.start = start
    this.#context = context.active()
    this.#root = publisher.root(lockId, ownerId, EventType.Unlock, start)
    this.#root.endTime = start
    this.#root.addAction(actionAt(ActionName.Unlock, start))
  }

  /**
   * Tells of its begin, at the latest when there is more to tell. To be called once the library has been
   * asked: see `Acquisition.begun`.
   */
  begun(): this {
    if (!this.#begun) {
      this.#begun = true
      this.#publisher.publish(this.#root, this.#context)
    }
    return this
  }

  /**
   * The lock is free again, now.
   *
   * @param hold the hold it ended, where that is only known by now
   */
  done(hold: Hold | undefined = this.#hold): void {
    const end = now()
    const record = hold === undefined ? undefined : released(hold.record)
    const payload = record === undefined ? undefined : { lockInformation: record }
    const event = childOf(this.#root, this.start, end)
      .setLockInformation(record)
      .addAction(actionAt(ActionName.UnlockRelease, this.start, payload))
      .addAction(storageCall(ActionName.StorageDeleteWithVersion, this.start, end, this.#root.lockId, record))
    if (hold !== undefined) {
      hold.close()
      if (hold.watchDogId !== '') {
        event.setWatchDogId(hold.watchDogId).addAction(actionAt(ActionName.WatchDogStop, this.start))
      }
    }
    this.#over(event, actionAt(ActionName.UnlockSuccess, end, { versionMissCount: 0 }))
  }

  /** The lock was not the caller's to release (any more). */
  refused(err: unknown): void {
    const end = now()
    const event = childOf(this.#root, end, end).addAction(failedAction(ActionName.NotLockOwner, end, err))
    this.#over(event, failedAction(ActionName.UnlockError, end, err, { versionMissCount: 0 }))
  }

  /** The release failed; the lock may still be held, and the release may be called again. */
  failed(err: unknown): void {
    const end = now()
    const call = storageCall(ActionName.StorageDeleteWithVersion, this.start, end, this.#root.lockId)
    const event = childOf(this.#root, this.start, end).addAction(call.setErr(err ?? null))
    this.#over(event, failedAction(ActionName.UnlockError, end, err, { versionMissCount: 0 }))
  }

  #over(event: Event, outcome: Action): void {
    const finish = actionAt(ActionName.UnlockFinish, outcome.startTime as HrTime, { versionMissCount: 0 })
    this.#publish(event.addAction(outcome).addAction(finish))
  }

  #publish(event: Event): void {
    this.begun()
    this.#publisher.publish(event, this.#context)
  }
}

function released(record: LockInformation): LockInformation {
  const { lockId, ownerId, version, lockBeginTime, leaseExpireTime } = record
  return new LockInformation(lockId, ownerId, version, 0, lockBeginTime, leaseExpireTime)
}
