import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { type Event, eventFromJson, type OtelListener } from '../../src/index.js'

/** Captured streams: contention, renewals, a timeout, reentry. */
export const STREAMS = ['contention', 'watchdog', 'timeout', 'reentry']

/** A span as some vendor's provider made it. */
export interface MadeSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  /** Seconds since 1970. */
  readonly start: number
  readonly end: number
  readonly attributes: Readonly<Record<string, unknown>>
}

/** Reads a captured stream, tells the listener and brings it up to date. */
export async function tellStream(listener: OtelListener, name: string): Promise<Event[]> {
  const file = fileURLToPath(new URL(`../../test/fixtures/streams/head/${name}.ndjson`, import.meta.url))
  const events = readFileSync(file, 'utf8').trim().split('\n').map(eventFromJson)
  for (const event of events) listener.on(undefined, event)
  await listener.forceFlush()
  return events
}

/**
 * Whatever ids the provider chose: a tree of events has one trace, one root, one span for each event, hanging from
 * the span of its parent, and nothing hangs from nothing.
 */
export function expectWholeTrees(spans: readonly MadeSpan[], events: readonly Event[]): void {
  const ofEvent = new Map<unknown, MadeSpan>()
  const bySpanId = new Map(spans.map((span) => [span.spanId, span]))
  for (const span of spans) {
    const id = span.attributes['storage_lock.event.id']
    if (span.name === 'StorageLock.Hold' || id === undefined) continue
    expect(ofEvent.has(id), `two spans of ${id as string}`).toBe(false)
    ofEvent.set(id, span)
  }
  const traces = new Map<string, string>()
  for (const event of events) {
    const span = ofEvent.get(event.id)
    expect(span, `no span of ${event.id}`).toBeDefined()
    const root = ofEvent.get(event.rootId)
    expect(span!.traceId).toBe(root?.traceId)
    traces.set(event.rootId, span!.traceId)
    if (event.parentId === '') expect(span!.parentSpanId).toBeUndefined()
    else expect(span!.parentSpanId).toBe(ofEvent.get(event.parentId)?.spanId)
  }
  expect(new Set(traces.values()).size).toBe(traces.size)
  for (const span of spans) {
    expect(span.end).toBeGreaterThanOrEqual(span.start)
    if (span.parentSpanId === undefined) continue
    expect(bySpanId.get(span.parentSpanId)?.traceId, `${span.name} is an orphan`).toBe(span.traceId)
  }
  const roots = spans.filter((span) => span.parentSpanId === undefined)
  expect(roots).toHaveLength(traces.size)
}
