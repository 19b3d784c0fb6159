import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { EventIdGenerator, OtelListener, type OtelListenerOptions } from '../../../src/index.js'

/** An OtelListener with an SDK in memory. */
export class Telemetry {
  readonly listener: OtelListener
  readonly #spans = new InMemorySpanExporter()
  readonly #metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  readonly #reader = new PeriodicExportingMetricReader({
    exporter: this.#metrics,
    exportIntervalMillis: 1_000_000,
    exportTimeoutMillis: 1000,
  })
  readonly tracerProvider: BasicTracerProvider

  constructor(options: OtelListenerOptions = {}) {
    this.tracerProvider = new BasicTracerProvider({
      idGenerator: new EventIdGenerator(),
      spanProcessors: [new SimpleSpanProcessor(this.#spans)],
    })
    this.listener = new OtelListener({
      ...options,
      tracerProvider: this.tracerProvider,
      meterProvider: new MeterProvider({ readers: [this.#reader] }),
    })
  }

  async spans(): Promise<ReadableSpan[]> {
    await this.listener.forceFlush()
    return this.#spans.getFinishedSpans()
  }

  /**
   * The sum of an instrument's points that have these attributes: of a histogram how many values were
   * recorded, else the value.
   */
  async sum(name: string, attributes: Record<string, unknown> = {}): Promise<number> {
    const values = await this.#points(name, attributes)
    return values.reduce((total, { count, value }) => total + (count ?? value), 0)
  }

  /** The sum of all values recorded by a histogram. */
  async total(name: string, attributes: Record<string, unknown> = {}): Promise<number> {
    const values = await this.#points(name, attributes)
    return values.reduce((total, { value }) => total + value, 0)
  }

  async #points(
    name: string,
    attributes: Record<string, unknown>,
  ): Promise<{ readonly count: number | undefined; readonly value: number }[]> {
    await this.listener.forceFlush()
    this.#metrics.reset()
    await this.#reader.forceFlush()
    return this.#metrics
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics)
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) => [...dataPoints] as DataPoint<number | Histogram>[])
      .filter((point) => Object.entries(attributes).every(([key, value]) => point.attributes[key] === value))
      .map(({ value }) =>
        typeof value === 'number'
          ? { count: undefined, value }
          : { count: value.count, value: value.sum ?? 0 },
      )
  }

  async shutdown(): Promise<void> {
    await this.listener.shutdown()
    await this.#reader.shutdown()
  }
}
