import type { Attributes, HrTime } from '@opentelemetry/api'
import {
  AggregationTemporality,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  type IdGenerator,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { type Event, EventIdGenerator, OtelListener, type OtelListenerOptions } from '../../src/index.js'

/** A listener with real SDK providers that keep what they get in memory. */
export interface Telemetry {
  readonly listener: OtelListener
  readonly tracerProvider: BasicTracerProvider
  readonly meterProvider: MeterProvider
  /** Publishes each event, in order, then brings the listener up to date. */
  tell(events: Iterable<Event>): Promise<void>
  spans(): ReadableSpan[]
  metrics(): Promise<Metrics>
  close(): Promise<void>
}

export interface TelemetryOptions extends OtelListenerOptions {
  readonly idGenerator?: IdGenerator | 'random'
  readonly sampler?: Sampler
}

export function createTelemetry(options: TelemetryOptions = {}): Telemetry {
  const { idGenerator = new EventIdGenerator(), sampler, ...listenerOptions } = options
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    spanLimits: { eventCountLimit: 100_000, attributeCountLimit: 1000, linkCountLimit: 1000 },
    ...(idGenerator === 'random' ? undefined : { idGenerator }),
    ...(sampler === undefined ? undefined : { sampler }),
  })
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({
    exporter: metricExporter,
    exportIntervalMillis: 2 ** 30,
  })
  const meterProvider = new MeterProvider({ readers: [reader] })
  const listener = new OtelListener({ batchDelay: 0, tracerProvider, meterProvider, ...listenerOptions })
  return {
    listener,
    tracerProvider,
    meterProvider,
    tell: async (events) => {
      for (const event of events) listener.on(undefined, event)
      await listener.forceFlush()
    },
    spans: () => exporter.getFinishedSpans(),
    metrics: async () => {
      metricExporter.reset()
      await meterProvider.forceFlush()
      return new Metrics(
        metricExporter.getMetrics().flatMap((each) => each.scopeMetrics.flatMap((scope) => scope.metrics)),
      )
    },
    close: async () => {
      await listener.shutdown()
      await tracerProvider.shutdown()
      await meterProvider.shutdown()
    },
  }
}

/** A data point, whatever its instrument: histograms have a count and a sum, the others a value. */
export interface MetricPoint {
  readonly attributes: Attributes
  readonly value: number
  readonly count: number
  readonly sum: number
}

/** What the instruments say at one moment. */
export class Metrics {
  readonly data: readonly MetricData[]

  constructor(data: readonly MetricData[]) {
    this.data = data
  }

  /** Data points of one instrument that have these attributes; none where it recorded nothing. */
  points(name: string, where: Attributes = {}): MetricPoint[] {
    const found = this.data.find((metric) => metric.descriptor.name === name)
    return (found?.dataPoints ?? [])
      .map(({ attributes, value }): MetricPoint => {
        const histogram = value as unknown as Histogram
        return typeof value === 'number'
          ? { attributes, value, count: 0, sum: 0 }
          : { attributes, value: 0, count: histogram.count, sum: histogram.sum ?? 0 }
      })
      .filter((point) => Object.entries(where).every(([key, value]) => point.attributes[key] === value))
  }

  /** Records of a histogram, over the points that have these attributes. */
  count(name: string, where?: Attributes): number {
    return this.points(name, where).reduce((total, point) => total + point.count, 0)
  }

  /** Sum of a histogram's records. */
  sum(name: string, where?: Attributes): number {
    return this.points(name, where).reduce((total, point) => total + point.sum, 0)
  }

  /** Sum of a counter's or gauge's values; undefined where it has none. */
  value(name: string, where?: Attributes): number | undefined {
    const points = this.points(name, where)
    return points.length === 0 ? undefined : points.reduce((total, point) => total + point.value, 0)
  }

  /**
   * Everything but the listener's own accounts, in a form that can be compared. Sums in whole nanoseconds.
   *
   * @param without what is left out too
   */
  facts(without = /^$/): string[] {
    return this.data
      .filter(({ descriptor: { name } }) => !name.startsWith('storage_lock.listener.') && !without.test(name))
      .flatMap(({ descriptor }) =>
        this.points(descriptor.name).map(({ attributes, value, count, sum }) => {
          const labels = Object.entries(attributes).map(([key, label]) => `${key}=${String(label)}`)
          return `${descriptor.name}{${labels.sort().join()}} ${value} ${count} ${Math.round(sum * 1e9)}`
        }),
      )
      .sort()
  }
}

export const nanoseconds = (time: HrTime): bigint => BigInt(time[0]) * 1_000_000_000n + BigInt(time[1])

/** A clock that stands still until it is moved. */
export class ManualClock {
  #milliseconds = 0

  now(): number {
    return this.#milliseconds
  }

  advance(milliseconds: number): void {
    this.#milliseconds += milliseconds
  }
}

/** Lets the work that waits for the end of this turn of the event loop be done. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
