/** Items in line, above which those that were dropped from it meanwhile are let go. */
const TIDY_AT = 1024

/**
 * Items that become due a fixed delay after they were last touched. Touching is free: an item that turns
 * out to have been touched goes back into the line, at most once a delay.
 */
export class DueQueue<T> {
  readonly #delay: number
  readonly #touchedAt: (item: T) => number | undefined
  #items: T[] = []
  #times: number[] = []
  #head = 0
  #tidyAt = TIDY_AT

  /**
   * @param delay milliseconds from the last touch to being due
   * @param touchedAt when the item was last touched; undefined drops it from the line
   */
  constructor(delay: number, touchedAt: (item: T) => number | undefined) {
    this.#delay = delay
    this.#touchedAt = touchedAt
  }

  get size(): number {
    return this.#items.length - this.#head
  }

  /** @param now not before any earlier push */
  push(item: T, now: number): void {
    this.#items.push(item)
    this.#times.push(now)
    if (this.size > this.#tidyAt) this.#tidy()
  }

  /** When the first item may be due. */
  nextDue(): number {
    return this.#head < this.#items.length ? (this.#times[this.#head] as number) + this.#delay : Infinity
  }

  /** The item that has waited longest; it stays in line. */
  peek(): T | undefined {
    while (this.#head < this.#items.length) {
      const item = this.#items[this.#head] as T
      if (this.#touchedAt(item) !== undefined) return item
      this.#shift()
    }
    return undefined
  }

  /** Takes the next item that is due at `now`. */
  takeDue(now: number): T | undefined {
    while (this.#head < this.#items.length && (this.#times[this.#head] as number) + this.#delay <= now) {
      const item = this.#shift()
      const touched = this.#touchedAt(item)
      if (touched === undefined) continue
      if (touched + this.#delay <= now) return item
      this.#insert(item, touched)
    }
    return undefined
  }

  /** Takes the item that has waited longest, due or not. */
  takeOldest(): T | undefined {
    while (this.#head < this.#items.length) {
      const item = this.#shift()
      if (this.#touchedAt(item) !== undefined) return item
    }
    return undefined
  }

  /** The line stays in the order of its times, so that its head is always the first to become due. */
  #insert(item: T, time: number): void {
    let low = this.#head
    let high = this.#times.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#times[middle] as number) <= time) low = middle + 1
      else high = middle
    }
    this.#items.splice(low, 0, item)
    this.#times.splice(low, 0, time)
  }

  /**
   * A clock that stands still, as while a file is read, never makes an item due: what is no longer in line, or is in
   * it twice, would stay for ever.
   */
  #tidy(): void {
    const kept = new Set<T>()
    const items: T[] = []
    const times: number[] = []
    for (let at = this.#head; at < this.#items.length; at++) {
      const item = this.#items[at] as T
      if (kept.has(item) || this.#touchedAt(item) === undefined) continue
      kept.add(item)
      items.push(item)
      times.push(this.#times[at] as number)
    }
    this.#items = items
    this.#times = times
    this.#head = 0
    this.#tidyAt = Math.max(TIDY_AT, 2 * items.length)
  }

  #shift(): T {
    const item = this.#items[this.#head] as T
    this.#head += 1
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#times = this.#times.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}
