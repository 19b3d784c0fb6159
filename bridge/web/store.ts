import type { AnyItem, Lock } from '../src/report/model/model.js'
import { Model } from '../src/report/model/model.js'
import type { PageData } from '../src/report/model/page-data.js'
import type { Standout } from '../src/report/model/standout.js'
import { standoutsOf } from '../src/report/model/standouts.js'
import { extentOf, hasFacts, type LockStats, statsOf } from '../src/report/model/stats.js'

/** What the page is told besides the facts. */
export interface Settings {
  readonly title: string
  /** Where the facts come from: file names, or an address. */
  readonly source: string
  readonly traceUrl?: string
  /** Asks the server it came from for news. */
  readonly live?: boolean
  /** Seconds of events that a live page keeps; undefined keeps all. */
  readonly window?: number
}

/** A part of time, in nanoseconds. */
export type Span = readonly [number, number]

/** What the parts of the page share. Whoever changes something calls `changed`, and all others redraw. */
export class Store {
  readonly settings: Settings
  model = new Model()
  stats: LockStats[] = []
  standouts: Standout[] = []
  /** All time that there is something in. */
  time: Span = [0, 1]
  /** The same with a little room at both ends, so that nothing is drawn on the edge. */
  extent: Span = [0, 1]
  empty = true
  /** The locks whose lanes are shown. */
  chosen: Lock[] = []
  /** What the page shows of time. */
  view: Span = [0, 1]
  /** Keeps the newest in view. */
  following = true
  selected: AnyItem | undefined
  readonly #facts = new Set<() => void>()
  readonly #choice = new Set<() => void>()
  readonly #view = new Set<() => void>()
  readonly #selection = new Set<() => void>()

  constructor(settings: Settings) {
    this.settings = settings
  }

  onFacts(listener: () => void): void {
    this.#facts.add(listener)
  }

  onChoice(listener: () => void): void {
    this.#choice.add(listener)
  }

  onView(listener: () => void): void {
    this.#view.add(listener)
  }

  onSelection(listener: () => void): void {
    this.#selection.add(listener)
  }

  /** Takes facts over. `all` replaces what there was. */
  take(data: PageData, all: boolean): void {
    const before = this.chosen.map((lock) => ({ id: lock.id, storage: lock.storage }))
    if (all) this.model = new Model()
    this.model.add(data)
    if (data.forgotten > 0) this.model.forget(data.forgotten)
    const extent = extentOf(this.model)
    this.empty = extent === undefined
    this.time = extent ?? [0, 0]
    const room = Math.max(500, (this.time[1] - this.time[0]) / 125)
    this.extent = [this.time[0] - room, this.time[1] + room]
    this.stats = this.model.locks.filter(hasFacts).map((lock) => statsOf(lock, this.time))
    this.standouts = standoutsOf(
      this.stats.map((stats) => stats.lock),
      this.settings.live === true,
    )
    this.chosen = this.stats
      .map((stats) => stats.lock)
      .filter((lock) => before.some(({ id, storage }) => lock.id === id && lock.storage === storage))
    if (this.chosen.length === 0) this.chosen = mostContended(this.stats)
    if (all) this.selected = undefined
    const selected = this.selected === undefined ? undefined : this.#now(this.selected)
    for (const listener of this.#facts) listener()
    for (const listener of this.#choice) listener()
    if (selected !== this.selected) this.select(selected)
    if (this.following) this.look(this.#home())
    else for (const listener of this.#view) listener()
  }

  /** What has become of something: what goes on is told anew each time, and what is old is forgotten. */
  #now(item: AnyItem): AnyItem | undefined {
    const { lock } = item
    const lists: readonly (readonly AnyItem[])[] = [lock.acquires, lock.holds, lock.releases, lock.renewals]
    const same = (each: AnyItem): boolean =>
      each.kind === item.kind && each.owner === item.owner && each.start === item.start
    return lists.flat().find((each) => each === item) ?? lists.flat().find(same)
  }

  /** Shows the lanes of these locks. */
  choose(locks: readonly Lock[]): void {
    this.chosen = [...locks]
    if (this.selected !== undefined && !this.chosen.includes(this.selected.lock)) this.select(undefined)
    for (const listener of this.#choice) listener()
    for (const listener of this.#view) listener()
  }

  /** Shows a part of time; kept within what there is. */
  look(span: Span): void {
    const [first, last] = this.extent
    const whole = last - first
    const length = Math.min(whole, Math.max(span[1] - span[0], Math.min(whole, 100)))
    const from = Math.min(Math.max(span[0], first), last - length)
    this.view = [from, from + length]
    for (const listener of this.#view) listener()
  }

  /** A change of the view that the reader made: whoever looks at the past is not carried away. */
  lookAt(span: Span): void {
    this.following = span[1] >= this.extent[1] - (span[1] - span[0]) / 100
    this.look(span)
  }

  showAll(): void {
    this.following = true
    this.look(this.extent)
  }

  select(item: AnyItem | undefined): void {
    this.selected = item
    for (const listener of this.#selection) listener()
  }

  /** Shows the lanes of a lock around a moment, and what happened there. */
  goTo(lock: Lock, from: number, to: number, item?: AnyItem): void {
    if (!this.chosen.includes(lock)) this.choose([lock])
    const [first, last] = this.extent
    const margin = Math.max((to - from) * 0.75, (last - first) / 5000, 200)
    this.following = false
    this.look([from - margin, to + margin])
    this.select(item)
  }

  /** Where following leads: as much time as is shown, up to the newest. */
  #home(): Span {
    const length = this.view[1] - this.view[0]
    const all = this.view[0] === 0 && this.view[1] === 1
    if (all || this.settings.live !== true || this.#showsAll) return this.extent
    return [this.extent[1] - length, this.extent[1]]
  }

  get #showsAll(): boolean {
    return this.view[1] - this.view[0] >= (this.extent[1] - this.extent[0]) * 0.9
  }
}

function mostContended(stats: readonly LockStats[]): Lock[] {
  let best: LockStats | undefined
  for (const each of stats) if (best === undefined || each.wait.sum > best.wait.sum) best = each
  return best === undefined ? [] : [best.lock]
}
