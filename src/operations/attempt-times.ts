import type { HrTime } from '@opentelemetry/api'
import { isBefore } from '../trees/moments.js'

/** More attempts than this are told by an even choice of them. */
export const MAX_ATTEMPT_TIMES = 64

/**
 * When the attempts of an acquire began. An acquire can try for hours, so past the bound every second, fourth,
 * eighth, … attempt is remembered: the choice stays evenly spread over the wait.
 */
export class AttemptTimes {
  #times: HrTime[] = []
  #seen = 0
  #stride = 1

  add(at: HrTime): void {
    if (this.#seen++ % this.#stride !== 0) return
    if (this.#times.length === MAX_ATTEMPT_TIMES) {
      this.#times = this.#times.filter((_, index) => index % 2 === 0)
      this.#stride *= 2
      if ((this.#seen - 1) % this.#stride !== 0) return
    }
    this.#times.push(at)
  }

  /** Oldest first, whatever the order they were added in. */
  sorted(): readonly HrTime[] {
    return this.#times.sort((a, b) => (isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0))
  }
}
