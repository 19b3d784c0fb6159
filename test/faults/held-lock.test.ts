import { BasicTracerProvider, type ReadableSpan, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { describe, expect, it } from 'vitest'
import { EventIdGenerator } from '../../src/index.js'
import { createTelemetry, type Telemetry, type TelemetryOptions } from '../support/telemetry.js'
import { liveHeap, toMiB } from './support/heap.js'
import { heldLock } from './support/held-lock.js'
import { tellLines } from './support/telling.js'

/** Counts spans and keeps none, so that what stays in memory is the listener's. */
class CountingProcessor implements SpanProcessor {
  count = 0
  onStart(): void {}
  onEnd(_span: ReadableSpan): void {
    this.count++
  }
  forceFlush(): Promise<void> {
    return Promise.resolve()
  }
  shutdown(): Promise<void> {
    return Promise.resolve()
  }
}

function counting(options: TelemetryOptions = {}): { telemetry: Telemetry; spans: CountingProcessor } {
  const spans = new CountingProcessor()
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [spans],
    idGenerator: new EventIdGenerator(),
  })
  return { telemetry: createTelemetry({ tracerProvider, ...options }), spans }
}

const DAY = 2880

describe('a lock that is held for a day', () => {
  it('is measured in full, within the span cap, and its failures and its loss are in the trace', async () => {
    const telemetry = createTelemetry()
    const failing = [3, 700, 1999, 2700]
    await tellLines(telemetry.listener, heldLock({ renewals: DAY, failing, end: 'lost', republish: false }))
    await telemetry.listener.shutdown()

    const metrics = await telemetry.metrics()
    const renewals = (outcome: string): number =>
      metrics.count('storage_lock.renewal.duration', { 'storage_lock.outcome': outcome })
    expect([renewals('renewed'), renewals('error'), renewals('lost')]).toEqual([DAY - 4, 4, 1])
    expect(metrics.count('storage_lock.renewal.headroom')).toBe(DAY - 4)
    expect(metrics.value('storage_lock.lease.losses')).toBe(1)
    expect(metrics.count('storage_lock.hold.duration', { 'storage_lock.hold.end': 'lost' })).toBe(1)
    expect(metrics.value('storage_lock.held') ?? 0).toBe(0)

    const spans = telemetry.spans()
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1)
    expect(spans.length).toBeLessThan(5_100)
    expect(
      metrics.value('storage_lock.listener.dropped', { 'storage_lock.limit': 'spansPerTrace' }),
    ).toBeGreaterThan(0)
    const refreshes = spans.filter((span) => span.name === 'WatchDog.Refresh' && span.status.code === 2)
    expect(refreshes).toHaveLength(5)
    expect(spans.filter((span) => span.name === 'StorageLock.Hold')).toHaveLength(1)
    const ids = new Set(spans.map((span) => span.spanContext().spanId))
    expect(ids.size).toBe(spans.length)
    for (const span of spans) {
      if (span.parentSpanContext !== undefined) expect(ids).toContain(span.parentSpanContext.spanId)
    }
    await telemetry.close()
  })

  it('takes no more memory in the evening than in the morning, with its ever longer events', async () => {
    const { telemetry } = counting()
    const sizes: number[] = []
    let next = 700 * 7
    await tellLines(telemetry.listener, heldLock({ renewals: DAY, end: 'released' }), (told) => {
      if (told < next) return
      sizes.push(toMiB(liveHeap()))
      next += 700 * 7
    })
    await telemetry.listener.shutdown()
    expect(sizes.length).toBeGreaterThanOrEqual(4)
    // The newest publication itself, of 2,880 actions, and no other.
    expect(sizes.at(-1)! - sizes[0]!).toBeLessThan(6)
    await telemetry.close()
  })
})

describe('a lock that is held for weeks', () => {
  it('takes no more memory and no more time a renewal after 40,000 renewals than after 10,000', async () => {
    const { telemetry, spans } = counting()
    const sizes: number[] = []
    const times: number[] = []
    let next = 60_000
    let last = performance.now()
    const lines = heldLock({ renewals: 40_000, end: 'silence', republish: false })
    await tellLines(telemetry.listener, lines, (told) => {
      if (told < next) return
      next += 60_000
      times.push(performance.now() - last)
      sizes.push(toMiB(liveHeap()))
      last = performance.now()
    })
    expect(sizes).toHaveLength(4)
    expect(sizes.at(-1)! - sizes[0]!).toBeLessThan(3)
    // The machine may be busy with something else in one of them.
    expect(Math.min(...times.slice(2))).toBeLessThan(2 * times[0]!)
    expect(spans.count).toBeLessThanOrEqual(5_000)
    const metrics = await telemetry.metrics()
    expect(metrics.count('storage_lock.renewal.duration')).toBe(40_000)
    await telemetry.close()
  })
})
