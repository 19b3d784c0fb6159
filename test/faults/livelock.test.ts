import { expect, it } from 'vitest'
import { createTelemetry } from '../support/telemetry.js'
import { liveHeap, toMiB } from './support/heap.js'
import { type LivelockFacts, livelock } from './support/livelock.js'
import { tellLines } from './support/telling.js'

it('measures an acquire of 300,000 publications when it ends at last, in memory that does not grow', async () => {
  const telemetry = createTelemetry()
  let facts: LivelockFacts | undefined
  const sizes: number[] = []
  let next = 100_000
  const lines = livelock(300_000, (each) => {
    facts = each
  })
  await tellLines(telemetry.listener, lines, (told) => {
    if (told < next) return
    next += 50_000
    sizes.push(toMiB(liveHeap()))
  })
  await telemetry.listener.forceFlush()
  expect(sizes).toHaveLength(4)
  expect(sizes.at(-1)! - sizes[0]!).toBeLessThan(3)

  const metrics = await telemetry.metrics()
  const acquired = { 'storage_lock.outcome': 'acquired' }
  expect(metrics.count('storage_lock.acquire.duration', acquired)).toBe(1)
  expect(metrics.sum('storage_lock.acquire.duration', acquired)).toBeCloseTo(facts!.seconds, 3)
  expect(metrics.sum('storage_lock.acquire.attempts', acquired)).toBe(facts!.attempts)
  expect(metrics.value('storage_lock.contentions', { 'storage_lock.reason': 'busy' })).toBe(facts!.busy)
  expect(metrics.value('storage_lock.contentions', { 'storage_lock.reason': 'version_miss' })).toBe(
    facts!.versionMisses,
  )
  const calls = (operation: string): number =>
    metrics.count('storage_lock.storage.operation.duration', { 'storage_lock.operation': operation })
  expect(calls('get')).toBe(facts!.attempts - 1)
  expect(calls('update')).toBe(facts!.versionMisses)
  expect(
    metrics.value('storage_lock.listener.dropped', { 'storage_lock.limit': 'eventsPerTree' }),
  ).toBeGreaterThan(0)

  const spans = telemetry.spans()
  expect(spans.length).toBeLessThanOrEqual(5_001)
  const root = spans.find((span) => span.parentSpanContext === undefined)!
  expect(root.attributes).toMatchObject({
    'storage_lock.outcome': 'acquired',
    'storage_lock.attempts': facts!.attempts,
    'storage_lock.busy_count': facts!.busy,
    'storage_lock.version_miss_count': facts!.versionMisses,
    'storage_lock.contended': true,
  })
  const ids = new Set(spans.map((span) => span.spanContext().spanId))
  for (const span of spans) {
    if (span.parentSpanContext !== undefined) expect(ids.has(span.parentSpanContext.spanId)).toBe(true)
  }
  await telemetry.close()
})
