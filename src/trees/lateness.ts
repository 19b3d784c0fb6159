/** However well ordered the lines were so far, so many events may still come late. */
const AT_LEAST = 4096
/** How much later than the latest so far the next may be. */
const MARGIN = 4

/**
 * How many events of trees that are over are worth holding for late lines: as the bound allows until that many were
 * seen, from then on some times as many as the latest line came late. Lines in order need not be waited for long;
 * a shuffled file has shown itself by then.
 */
export class Lateness {
  readonly #bound: number
  #latest = 0

  /** @param bound the most events to hold */
  constructor(bound: number) {
    this.#bound = bound
  }

  /** Notes that an event came so many others after its tree was over. */
  hear(eventsLate: number): void {
    if (eventsLate > this.#latest) this.#latest = eventsLate
  }

  /**
   * The events to hold.
   *
   * @param publications how many were seen so far
   */
  worth(publications: number): number {
    if (publications <= this.#bound) return this.#bound
    return Math.min(this.#bound, Math.max(AT_LEAST, MARGIN * this.#latest))
  }
}
