import { metrics, trace } from '@opentelemetry/api'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ActionName, Event, EventIdGenerator, EventType, OtelListener, traceIdOf } from '../../src/index.js'

let exporter: InMemorySpanExporter
let metricExporter: InMemoryMetricExporter
let reader: PeriodicExportingMetricReader

beforeEach(() => {
  exporter = new InMemorySpanExporter()
  metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 2 ** 30 })
})

afterEach(() => {
  trace.disable()
  metrics.disable()
  vi.unstubAllEnvs()
})

/** Publishes the events of a lock that was acquired and answers the id of its trace. */
function lockWith(listener: OtelListener): string {
  const lock = new Event('order-42').setType(EventType.Lock).setOwnerId('worker-1').addListeners(listener)
  lock.addActionByName(ActionName.LockBegin).publish()
  lock.fork().addActionByName(ActionName.LockSuccess).publish()
  lock.fork().addActionByName(ActionName.LockFinish).publish()
  return traceIdOf(lock.id)
}

const namesOfMetrics = (): string[] =>
  metricExporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    .filter(({ dataPoints }) => dataPoints.length > 0)
    .map(({ descriptor }) => descriptor.name)

describe('NodeSDK', () => {
  const sdkWith = (listener: OtelListener): NodeSDK => {
    // Left to itself it would send to a collector on this machine.
    for (const signal of ['TRACES', 'METRICS', 'LOGS']) vi.stubEnv(`OTEL_${signal}_EXPORTER`, 'none')
    return new NodeSDK({
      idGenerator: new EventIdGenerator(),
      spanProcessors: [listener.spanProcessor(), new SimpleSpanProcessor(exporter)],
      metricReaders: [reader],
      instrumentations: [listener],
      autoDetectResources: false,
    })
  }

  it('hands the listener its providers, and the ids of events become those of spans', async () => {
    const listener = new OtelListener()
    const sdk = sdkWith(listener)
    sdk.start()
    const traceId = lockWith(listener)
    await listener.forceFlush()
    await reader.forceFlush()
    const spans = exporter.getFinishedSpans()
    expect(spans.map((span) => span.name)).toContain('StorageLock.Lock')
    expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(new Set([traceId]))
    expect(spans[0]?.instrumentationScope.name).toBe('storage-lock-otel')
    expect(namesOfMetrics()).toEqual(
      expect.arrayContaining(['storage_lock.acquire.duration', 'storage_lock.held']),
    )
    await sdk.shutdown()
  })

  it('loses nothing when only the SDK is shut down', async () => {
    const listener = new OtelListener()
    const sdk = sdkWith(listener)
    sdk.start()
    // The exporter forgets all when it is shut down.
    const names: string[] = []
    vi.spyOn(exporter, 'export').mockImplementation((spans, done) => {
      names.push(...spans.map((span) => span.name))
      done({ code: 0 })
    })
    lockWith(listener)
    await sdk.shutdown()
    expect(names).toContain('StorageLock.Lock')
  })
})

describe('registerInstrumentations', () => {
  it('hands the listener the providers, and takes them away again', async () => {
    const tracerProvider = new BasicTracerProvider({
      idGenerator: new EventIdGenerator(),
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    })
    const meterProvider = new MeterProvider({ readers: [reader] })
    const listener = new OtelListener()
    const unregister = registerInstrumentations({
      instrumentations: [listener],
      tracerProvider,
      meterProvider,
    })
    const traceId = lockWith(listener)
    await listener.forceFlush()
    await meterProvider.forceFlush()
    const made = exporter.getFinishedSpans().length
    expect(exporter.getFinishedSpans()[0]?.spanContext().traceId).toBe(traceId)
    expect(namesOfMetrics()).toContain('storage_lock.acquire.duration')

    unregister()
    lockWith(listener)
    await listener.forceFlush()
    expect(exporter.getFinishedSpans()).toHaveLength(made)
    await tracerProvider.shutdown()
    await meterProvider.shutdown()
  })

  it('uses the global providers where it is given none', async () => {
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    trace.setGlobalTracerProvider(tracerProvider)
    const listener = new OtelListener()
    registerInstrumentations({ instrumentations: [listener] })
    lockWith(listener)
    await listener.forceFlush()
    expect(exporter.getFinishedSpans().map((span) => span.name)).toContain('StorageLock.Lock')
    await tracerProvider.shutdown()
  })
})
