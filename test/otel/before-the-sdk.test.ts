import { metrics, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterEach, describe, expect, it } from 'vitest'
import { Event, EventType, OtelListener } from '../../src/index.js'

afterEach(() => {
  trace.disable()
  metrics.disable()
})

/** A lock that is acquired; its release is for who wants it. */
function lock(listener: OtelListener, lockId: string): void {
  const event = new Event(lockId).setType(EventType.Lock).setOwnerId('worker-1').addListeners(listener)
  event.addActionByName('StorageLock.Lock.Begin').publish()
  event.fork().addActionByName('StorageLock.Lock.Begin.Success').publish()
  event.fork().addActionByName('StorageLock.Lock.Finish').publish()
}

function tracing() {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const locks = (): unknown[] =>
    exporter
      .getFinishedSpans()
      .filter(({ name }) => name === 'StorageLock.Lock')
      .map(({ attributes }) => attributes['storage_lock.lock.id'])
  return { provider, locks }
}

function metering() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 })
  const provider = new MeterProvider({ readers: [reader] })
  const value = async (name: string): Promise<unknown[]> => {
    await reader.forceFlush()
    const found = exporter
      .getMetrics()
      .at(-1)
      ?.scopeMetrics.flatMap((scope) => scope.metrics)
      .find(({ descriptor }) => descriptor.name === name)
    return found?.dataPoints.map((point) => point.value) ?? []
  }
  return { provider, value }
}

describe('before there is an SDK', () => {
  it('keeps what is published until the global one comes', async () => {
    const listener = new OtelListener()
    lock(listener, 'early')
    await listener.forceFlush()
    const { provider, locks } = tracing()
    trace.setGlobalTracerProvider(provider)
    await listener.forceFlush()
    expect(locks()).toEqual(['early'])
  })

  it('tells it without being flushed, when a provider is handed in', async () => {
    const listener = new OtelListener({ batchDelay: 0 })
    lock(listener, 'early')
    const { provider, locks } = tracing()
    listener.setTracerProvider(provider)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(locks()).toEqual(['early'])
  })

  it('knows of the lock that is held since then', async () => {
    const listener = new OtelListener()
    lock(listener, 'early')
    const { provider, value } = metering()
    metrics.setGlobalMeterProvider(provider)
    await listener.forceFlush()
    expect(await value('storage_lock.held')).toEqual([1])
    await provider.shutdown()
  })

  it('follows the global meter provider where it was handed the one of the API that does nothing', async () => {
    const listener = new OtelListener()
    listener.setMeterProvider(metrics.getMeterProvider())
    const { provider, value } = metering()
    metrics.setGlobalMeterProvider(provider)
    lock(listener, 'later')
    await listener.forceFlush()
    expect(await value('storage_lock.held')).toEqual([1])
    await provider.shutdown()
  })

  it('keeps the newest events alone, and counts the others', async () => {
    const listener = new OtelListener({ limits: { unheardEvents: 6 } })
    for (let i = 0; i < 20; i++) lock(listener, `early-${i}`)
    const { provider, locks } = tracing()
    const meters = metering()
    listener.setTracerProvider(provider)
    listener.setMeterProvider(meters.provider)
    await listener.forceFlush()
    expect(locks().at(-1)).toBe('early-19')
    expect(locks().length).toBeGreaterThanOrEqual(2)
    expect(locks().length).toBeLessThanOrEqual(4)
    const [dropped] = await meters.value('storage_lock.listener.dropped')
    expect(dropped).toBe(60 - 3 * locks().length)
    await meters.provider.shutdown()
  })

  it('does all its work for an observer', async () => {
    const seen: string[] = []
    const listener = new OtelListener({ observer: { operation: ({ lockId }) => seen.push(lockId) } })
    lock(listener, 'watched')
    await listener.forceFlush()
    expect(seen).toEqual(['watched'])
  })
})
