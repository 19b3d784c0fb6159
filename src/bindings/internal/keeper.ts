import type { HrTime } from '@opentelemetry/api'
import {
  ActionName,
  EVENT_ID_PREFIX,
  type Event,
  newEventId,
  now,
  secondsBetween,
} from '../../events/index.js'
import { actionAt } from './actions.js'
import type { Hold } from './hold.js'
import { childOf } from './publisher.js'
import { Renewal } from './renewal.js'

/** What every watch dog id begins with, as in Storage Lock. */
const WATCH_DOG_ID_PREFIX = 'storage-lock-watch-dog-'

/**
 * Seconds between two failed renewals in a row that are published; those between are counted. A stolen
 * redlock without retries fails some thousand times a second until its lease ends.
 */
const FAILURE_INTERVAL = 1

/**
 * Whoever renews the lease of a hold: a watch dog of the library's, which has an id and a life of its own in
 * the tree of the acquire, or the program by its calls of `extend`.
 */
export class Keeper {
  /** The id of the watch dog; empty when it is the program. */
  readonly watchDogId: string
  readonly hold: Hold
  readonly #event: Event
  #successes = 0
  #failures = 0
  #lastFailure: HrTime | undefined
  #exited = false

  /** @param watchedFrom when the watch dog starts; left out, there is none */
  constructor(hold: Hold, watchedFrom?: HrTime) {
    this.hold = hold
    if (watchedFrom === undefined) {
      this.watchDogId = ''
      this.#event = hold.root
      return
    }
    const at = watchedFrom
    this.watchDogId = WATCH_DOG_ID_PREFIX + newEventId().slice(EVENT_ID_PREFIX.length)
    this.#event = childOf(hold.root, at, at)
      .setWatchDogId(this.watchDogId)
      .setLockInformation(hold.record)
      .addAction(actionAt(ActionName.WatchDogCreate, at))
      .addAction(actionAt(ActionName.WatchDogStart, at))
    this.publish(this.#event)
  }

  /** A renewal begins, now, or began at `start`. */
  renew(start: HrTime = now()): Renewal {
    const renewal = new Renewal(this, start)
    if (!this.isQuiet(start)) {
      this.publish(
        this.child(start, start).addAction(actionAt(ActionName.WatchDogRefreshBegin, start, this.counts())),
      )
    }
    return renewal
  }

  /** Whether a failure at that moment follows so closely on one published that it is only counted. */
  isQuiet(at: HrTime): boolean {
    return this.#lastFailure !== undefined && secondsBetween(this.#lastFailure, at) < FAILURE_INTERVAL
  }

  succeeded(): void {
    this.#successes += 1
    this.#failures = 0
    this.#lastFailure = undefined
  }

  /** @param published when a failure was published; left out when it is only counted */
  failed(published?: HrTime): void {
    this.#failures += 1
    if (published !== undefined) this.#lastFailure = published
  }

  counts(): Record<string, unknown> {
    return { refreshSuccessCount: this.#successes, continueErrorCount: this.#failures }
  }

  child(start: HrTime, end: HrTime): Event {
    return childOf(this.#event, start, end)
  }

  publish(event: Event): void {
    this.hold.publisher.publish(event, this.hold.context)
  }

  /** The watch dog ends. */
  exit(): void {
    if (this.#exited || this.watchDogId === '') return
    this.#exited = true
    const at = now()
    this.publish(this.child(at, at).addAction(actionAt(ActionName.WatchDogExit, at, this.counts())))
  }
}
