import type { BatchObservableCallback, BatchObservableResult, HrTime, Meter } from '@opentelemetry/api'
import { secondsBetween } from '../events/index.js'
import type { HoldRegister } from '../operations/hold-register.js'
import type { Tree } from '../trees/tree.js'
import type { Instruments } from './instruments.js'
import type { ListenerStats } from './listener-stats.js'
import * as semconv from './semconv.js'
import type { Series, SeriesTable } from './series.js'

/** What the gauges are read from when they are observed. */
export interface LiveState {
  /** Brings everything up to date. */
  refresh(): void
  readonly holds: HoldRegister
  /** The trees of calls of Lock that are under way. */
  waiting(): Iterable<Tree>
  /** The events' own time. */
  now(): HrTime | undefined
  readonly stats: ListenerStats
  readonly series: SeriesTable
  /** Series of which an acquire was seen. */
  readonly begun: Iterable<Series>
}

interface Reading {
  held: number
  waiting: number
  oldestHold: number
  oldestWait: number
}

/**
 * The instruments that are read, not recorded: from the operations open at that moment, so that no lost
 * event can make them drift.
 */
export class LiveMetrics {
  readonly #state: LiveState
  #meter: Meter | undefined
  #instruments: Instruments | undefined
  #seen = new Set<Series>()
  readonly #callback: BatchObservableCallback = (result) => this.#observe(result)

  constructor(state: LiveState) {
    this.#state = state
  }

  /** Observes with these instruments from now on. */
  use(meter: Meter, instruments: Instruments): void {
    this.stop()
    this.#meter = meter
    this.#instruments = instruments
    this.#seen = new Set()
    meter.addBatchObservableCallback(this.#callback, observables(instruments))
  }

  /** Ends observing. */
  stop(): void {
    if (this.#meter !== undefined && this.#instruments !== undefined) {
      this.#meter.removeBatchObservableCallback(this.#callback, observables(this.#instruments))
    }
    this.#meter = undefined
    this.#instruments = undefined
  }

  #observe(result: BatchObservableResult): void {
    const instruments = this.#instruments
    if (instruments === undefined) return
    this.#state.refresh()
    for (const [series, reading] of this.#read()) {
      result.observe(instruments.held, reading.held, series.base)
      result.observe(instruments.waiting, reading.waiting, series.base)
      result.observe(instruments.holdAgeMax, reading.oldestHold, series.base)
      result.observe(instruments.waitAgeMax, reading.oldestWait, series.base)
    }
    const stats = this.#state.stats
    for (const [kind, count] of stats.events()) {
      result.observe(instruments.listenerEvents, count, { [semconv.ATTR_RESULT]: kind })
    }
    for (const [limit, count] of stats.dropped()) {
      result.observe(instruments.listenerDropped, count, { [semconv.ATTR_LIMIT]: limit })
    }
    result.observe(instruments.listenerErrors, stats.errors)
    result.observe(instruments.listenerSpans, stats.spans)
    result.observe(instruments.listenerTrees, stats.openTrees)
  }

  /** A series that was ever seen is told as 0 from then on: an absent gauge looks like an outage. */
  #read(): Map<Series, Reading> {
    const state = this.#state
    const now = state.now()
    const readings = new Map<Series, Reading>()
    for (const series of this.#seen)
      readings.set(series, { held: 0, waiting: 0, oldestHold: 0, oldestWait: 0 })
    const of = (storageName: string, lockId: string): Reading => {
      const series = state.series.of(storageName, lockId)
      let reading = readings.get(series)
      if (reading === undefined) {
        reading = { held: 0, waiting: 0, oldestHold: 0, oldestWait: 0 }
        readings.set(series, reading)
        this.#seen.add(series)
      }
      return reading
    }
    const age = (since: HrTime): number => (now === undefined ? 0 : Math.max(0, secondsBetween(since, now)))
    for (const hold of state.holds.holds()) {
      const reading = of(hold.storageName, hold.lockId)
      reading.held += 1
      reading.oldestHold = Math.max(reading.oldestHold, age(hold.acquiredAt))
    }
    for (const tree of state.waiting()) {
      const reading = of(tree.storageName, tree.lockId)
      reading.waiting += 1
      reading.oldestWait = Math.max(reading.oldestWait, age(tree.firstStart))
    }
    return readings
  }
}

function observables(instruments: Instruments) {
  return [
    instruments.held,
    instruments.waiting,
    instruments.holdAgeMax,
    instruments.waitAgeMax,
    instruments.listenerEvents,
    instruments.listenerDropped,
    instruments.listenerErrors,
    instruments.listenerSpans,
    instruments.listenerTrees,
  ]
}
