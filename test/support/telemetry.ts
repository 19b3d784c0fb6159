import type { HrTime } from '@opentelemetry/api'
import {
  AggregationTemporality,
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
import { EventIdGenerator, OtelListener, type OtelListenerOptions } from '../../src/index.js'

/** A listener with real SDK providers that keep what they get in memory. */
export interface Telemetry {
  readonly listener: OtelListener
  spans(): ReadableSpan[]
  metrics(): Promise<MetricData[]>
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
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 2 ** 30 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  const listener = new OtelListener({ tracerProvider, meterProvider, ...listenerOptions })
  return {
    listener,
    spans: () => exporter.getFinishedSpans(),
    metrics: async () => {
      metricExporter.reset()
      await meterProvider.forceFlush()
      return metricExporter.getMetrics().flatMap((each) => each.scopeMetrics.flatMap((scope) => scope.metrics))
    },
    close: async () => {
      await listener.shutdown()
      await tracerProvider.shutdown()
      await meterProvider.shutdown()
    },
  }
}

export const nanoseconds = (time: HrTime): bigint => BigInt(time[0]) * 1_000_000_000n + BigInt(time[1])

/** Data points of one instrument, empty where it recorded nothing. */
export function points(metrics: readonly MetricData[], name: string): { attributes: Record<string, unknown>; value: never }[] {
  const found = metrics.find((metric) => metric.descriptor.name === name)
  return (found?.dataPoints ?? []) as never
}
