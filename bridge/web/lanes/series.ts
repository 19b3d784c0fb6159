/** Things that take time, by start; finds those in view without looking at all of them. */
export class Series<Item extends { readonly start: number; readonly end: number }> {
  readonly all: readonly Item[]
  /** The latest end of an item and all before it. */
  readonly #latest: Float64Array

  constructor(items: readonly Item[]) {
    this.all = items
    this.#latest = new Float64Array(items.length)
    let latest = Number.NEGATIVE_INFINITY
    for (let index = 0; index < items.length; index++) {
      latest = Math.max(latest, (items[index] as Item).end)
      this.#latest[index] = latest
    }
  }

  /** Calls back for each item that touches the span, by start. */
  within(from: number, to: number, each: (item: Item) => void): void {
    for (let index = this.#firstEndingFrom(from); index < this.all.length; index++) {
      const item = this.all[index] as Item
      if (item.start > to) return
      if (item.end >= from) each(item)
    }
  }

  #firstEndingFrom(time: number): number {
    let low = 0
    let high = this.#latest.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#latest[middle] as number) >= time) high = middle
      else low = middle + 1
    }
    return low
  }
}
