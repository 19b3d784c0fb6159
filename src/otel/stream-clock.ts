import type { HrTime } from '@opentelemetry/api'
import { isBefore, usable } from '../trees/moments.js'

/**
 * The time of the events themselves: the latest moment any of them told, plus what passed since it was
 * heard. In the process that publishes it is the wall clock; in a replay of yesterday's file it is
 * yesterday, so that ages and leases are right there too.
 */
export class StreamClock {
  readonly #now: () => number
  #latest: HrTime | undefined = undefined
  #heardAt = 0

  /** @param now a monotonic clock in milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  /**
   * Hears of a moment.
   *
   * @param now what the clock says, where that is known already
   */
  hear(time: HrTime | undefined, now?: number): void {
    const moment = usable(time)
    if (moment === undefined) return
    if (this.#latest === undefined || isBefore(this.#latest, moment)) {
      this.#latest = moment
      this.#heardAt = now ?? this.#now()
    }
  }

  /** The stream's time now; undefined before anything was heard. */
  now(): HrTime | undefined {
    const latest = this.#latest
    if (latest === undefined) return undefined
    const passed = Math.max(0, this.#now() - this.#heardAt)
    const nanoseconds = latest[1] + (passed % 1000) * 1e6
    const seconds = latest[0] + Math.floor(passed / 1000) + Math.floor(nanoseconds / 1e9)
    return [seconds, Math.floor(nanoseconds % 1e9)]
  }
}
