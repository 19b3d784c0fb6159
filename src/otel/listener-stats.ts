/** What became of an event. */
export type EventResult = 'accepted' | 'repeated' | 'rejected' | 'dropped'

/** What the listener did and left out; the source of `storage_lock.listener.*`. */
export class ListenerStats {
  accepted = 0
  repeated = 0
  rejected = 0
  errors = 0
  readonly #dropped = new Map<string, number>()
  readonly #spans: () => number
  readonly #trees: () => number

  constructor(spans: () => number, trees: () => number) {
    this.#spans = spans
    this.#trees = trees
  }

  /** Sampled spans made. */
  get spans(): number {
    return this.#spans()
  }

  /** Trees that are gathered now. */
  get openTrees(): number {
    return this.#trees()
  }

  /** Counts what a bound left out. */
  drop(limit: string, count: number): void {
    this.#dropped.set(limit, (this.#dropped.get(limit) ?? 0) + count)
  }

  /** Events by what became of them. */
  events(): [EventResult, number][] {
    return [
      ['accepted', this.accepted],
      ['repeated', this.repeated],
      ['rejected', this.rejected],
    ]
  }

  /** What each bound left out. */
  dropped(): ReadonlyMap<string, number> {
    return this.#dropped
  }
}
