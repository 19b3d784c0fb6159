import { type Context, context, type HrTime } from '@opentelemetry/api'
import { type Action, ActionName, type Event, EventType, LockInformation, now } from '../../events/index.js'
import { actionAt, failedAction, storageCall } from './actions.js'
import { Hold } from './hold.js'
import { childOf, type Publisher } from './publisher.js'

/** Attempts of one acquire that are published one by one; further ones are only counted. */
const MAX_ATTEMPTS_PUBLISHED = 100

/** An attempt that ended, as far as the library lets it be seen. */
export interface Attempt {
  /** When it began. @default the start of the acquire, or the end of the attempt before */
  readonly start?: HrTime | undefined
  /** When its answer came. @default now */
  readonly end?: HrTime | undefined
  /** Milliseconds until the next attempt, where known. */
  readonly sleep?: number | undefined
}

/** A call that wants a lock: from its begin to its outcome. */
export class Acquisition {
  readonly lockId: string
  readonly ownerId: string
  readonly start: HrTime
  readonly context: Context
  readonly root: Event
  readonly #publisher: Publisher
  #begun = false
  #busy = 0
  #attempts = 0
  #lastEnd: HrTime

  constructor(publisher: Publisher, lockId: string, ownerId: string) {
    const start = now()
    this.lockId = lockId
    this.ownerId = ownerId
    this.start = start
    this.context = context.active()
    this.#publisher = publisher
    this.#lastEnd = start
    this.root = publisher.root(lockId, ownerId, EventType.Lock, start)
    this.root.endTime = start
    this.root.addAction(actionAt(ActionName.LockBegin, start))
  }

  /**
   * Tells of its begin, at the latest when there is more to tell. To be called once the library has been
   * asked: it need not wait for that, then, and the listeners are told while the answer is on its way.
   */
  begun(): this {
    if (!this.#begun) {
      this.#begun = true
      this.#publisher.publish(this.root, this.context)
    }
    return this
  }

  /** How many attempts have failed so far. */
  get attempts(): number {
    return this.#attempts
  }

  /**
   * An attempt found the lock held.
   *
   * @param holder the record of who holds it, where known
   */
  busy({ start = this.#lastEnd, end = now(), sleep }: Attempt = {}, holder?: LockInformation): void {
    this.#busy += 1
    this.#lastEnd = end
    if (++this.#attempts > MAX_ATTEMPTS_PUBLISHED) return
    const attempt = childOf(this.root, start, end)
      .addAction(actionAt(ActionName.TryLockBegin, start))
      .addAction(storageCall(ActionName.StorageGet, start, end, this.lockId))
    if (holder !== undefined) {
      attempt.addAction(actionAt(ActionName.LockBusy, end, { lockInformation: holder }))
    }
    this.#publish(attempt)
    this.#pause(
      childOf(this.root, end, end).addAction(actionAt(ActionName.LockBusy, end, this.#counters())),
      sleep,
    )
  }

  /** Further attempts found the lock held, nobody knows when. */
  countBusy(attempts: number): void {
    this.#busy += attempts
    this.#attempts += attempts
  }

  /** An attempt failed for another reason, and is retried. */
  attemptFailed(err: unknown, { start = this.#lastEnd, end = now(), sleep }: Attempt = {}): void {
    this.#lastEnd = end
    if (++this.#attempts > MAX_ATTEMPTS_PUBLISHED) return
    const call = storageCall(ActionName.StorageCreateWithVersion, start, end, this.lockId).setErr(err ?? null)
    const attempt = childOf(this.root, start, end).addAction(actionAt(ActionName.TryLockBegin, start))
    this.#pause(attempt.addAction(call), sleep)
  }

  /**
   * The lock was acquired, now.
   *
   * @param attempt the one that succeeded
   * @param lease when it ends, where it does
   * @param how `takeover`: of a record that its owner had abandoned; `watched`: a watch dog renews the lease
   */
  acquired(
    { start = this.#lastEnd, end = now() }: Attempt = {},
    lease?: HrTime,
    how: { readonly takeover?: boolean; readonly watched?: boolean } = {},
  ): Hold {
    const record = new LockInformation(this.lockId, this.ownerId, 0, 1, end, lease)
    const write =
      how.takeover === true ? ActionName.StorageUpdateWithVersion : ActionName.StorageCreateWithVersion
    const hold = new Hold(this.#publisher, this.root, this.context, record)
    this.begun()
    if (how.watched === true) hold.watch(end)
    const attempt = childOf(this.root, start, end)
      .setLockInformation(record)
      .addAction(actionAt(ActionName.TryLockBegin, start))
      .addAction(storageCall(write, start, end, this.lockId, record))
    // The store's answer may be a while ago: the caller has the lock from now on.
    this.#over(attempt, actionAt(ActionName.LockSuccess, now(), this.#counters()))
    return hold
  }

  /** The caller stopped waiting for a lock that somebody else held to the end. */
  timedOut(): void {
    const at = now()
    this.#over(childOf(this.root, at, at), actionAt(ActionName.Timeout, at, this.#counters()))
  }

  /** The acquire failed. */
  failed(err: unknown): void {
    const at = now()
    this.#over(childOf(this.root, at, at), failedAction(ActionName.LockError, at, err, this.#counters()))
  }

  /** The outcome and the end of it all, in one event: they come together. */
  #over(event: Event, outcome: Action): void {
    const finish = actionAt(ActionName.LockFinish, outcome.startTime as HrTime, { versionMissCount: 0 })
    this.#publish(event.addAction(outcome).addAction(finish))
  }

  #pause(event: Event, sleep: number | undefined): void {
    const at = event.endTime as HrTime
    if (sleep !== undefined)
      event.addAction(actionAt(ActionName.Sleep, at, { sleep: Math.round(sleep * 1e6) }))
    this.#publish(event)
  }

  #counters(): Record<string, unknown> {
    return { lockBusyCount: this.#busy, versionMissCount: 0 }
  }

  #publish(event: Event): void {
    this.begun()
    this.#publisher.publish(event, this.context)
  }
}
