import { core, type metrics } from '@opentelemetry/sdk-node'
import { plural } from '../output/quantity.js'
import { attempt } from './attempt.js'
import { classifyFailure, describeFailure } from './refusal.js'

/** Passes metric exports on and remembers how they went, so that the end can tell whether the last one arrived. */
export class CountedMetricExporter implements metrics.PushMetricExporter {
  readonly #inner: metrics.PushMetricExporter
  readonly #exportTimeout: number
  /** Exports begun. */
  started = 0
  failures = 0
  /** Of the latest export; `undefined` when it succeeded. */
  lastFailure: string | undefined
  /** The latest export was refused: to try it again cannot help. A backend for traces alone refuses all metrics. */
  lastRefused = false
  /** Data points refused of the export whose success is told next. */
  #refusedPoints = 0

  #closed = false
  #open = 0

  /** @param exportTimeout longest time one export may take, in ms; then it has failed */
  constructor(inner: metrics.PushMetricExporter, exportTimeout: number) {
    this.#inner = inner
    this.#exportTimeout = exportTimeout
  }

  export(data: metrics.ResourceMetrics, done: (result: core.ExportResult) => void): void {
    if (this.#closed) {
      done({ code: core.ExportResultCode.SUCCESS })
      return
    }
    void this.#export(data, done)
  }

  async #export(data: metrics.ResourceMetrics, done: (result: core.ExportResult) => void): Promise<void> {
    this.started++
    this.#open++
    const result = await attempt((answer) => this.#inner.export(data, answer), this.#exportTimeout)
    this.#open--
    const failed = result.code !== core.ExportResultCode.SUCCESS
    const refused = this.#refusedPoints
    this.#refusedPoints = 0
    if (failed) {
      this.failures++
      this.lastFailure = describeFailure(result.error)
      this.lastRefused = classifyFailure(result.error) !== 'later'
    } else {
      this.lastFailure = refused === 0 ? undefined : `the collector refused ${plural(refused, 'data point')}`
      this.lastRefused = refused > 0
    }
    done(result)
  }

  /** The collector takes an export but for some data points: told just before the exporter says that it succeeded. */
  refused(points: number): void {
    this.#refusedPoints += points
  }

  /** No export is under way. */
  get settled(): boolean {
    return this.#open === 0
  }

  /** From now on nothing is sent: all that could be was, and a reader that shuts down exports once more. */
  close(): void {
    this.#closed = true
  }

  forceFlush(): Promise<void> {
    return this.#inner.forceFlush()
  }

  selectAggregationTemporality(type: metrics.InstrumentType): metrics.AggregationTemporality {
    // Left to the exporter, which reads the preference from the environment; cumulative if it has none.
    return this.#inner.selectAggregationTemporality?.(type) ?? 1
  }

  selectAggregation(type: metrics.InstrumentType): metrics.AggregationOption {
    return this.#inner.selectAggregation?.(type) ?? { type: 0 }
  }

  shutdown(): Promise<void> {
    return this.#inner.shutdown()
  }
}
