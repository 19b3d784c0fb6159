import { trace } from '@opentelemetry/api'
import * as Sentry from '@sentry/node'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { OtelListener } from '../../src/index.js'
import { expectWholeTrees, type MadeSpan, STREAMS, tellStream } from './whole-tree.js'

/** A span as it stands in the envelope that Sentry is sent. */
interface SentSpan {
  readonly name: string
  readonly trace_id: string
  readonly span_id: string
  readonly parent_span_id?: string
  readonly start_timestamp: number
  readonly end_timestamp: number
  readonly status: string
  readonly links?: unknown[]
  readonly attributes: Readonly<Record<string, { readonly value: unknown }>>
}

const sent: SentSpan[] = []

const made = (span: SentSpan): MadeSpan => ({
  name: span.name,
  traceId: span.trace_id,
  spanId: span.span_id,
  parentSpanId: span.parent_span_id,
  start: span.start_timestamp,
  end: span.end_timestamp,
  attributes: Object.fromEntries(Object.entries(span.attributes).map(([key, { value }]) => [key, value])),
})

beforeAll(() => {
  Sentry.init({
    // Nobody is there, and nothing is sent: the transport keeps what would be.
    dsn: 'http://key@127.0.0.1:9/1',
    tracesSampleRate: 1,
    defaultIntegrations: false,
    enableOpenTelemetrySetup: true,
    transport: () => ({
      send: (envelope) => {
        for (const [header, body] of envelope[1] as [{ type: string }, { items: SentSpan[] }][]) {
          if (header.type === 'span') sent.push(...body.items)
        }
        return Promise.resolve({})
      },
      flush: () => Promise.resolve(true),
    }),
  })
})

beforeEach(() => {
  sent.length = 0
})

/** The listener finds Sentry's provider where Sentry puts it: it is the global one. */
const listenerOfSentry = (): OtelListener => {
  expect(trace.getTracerProvider().getTracer('x').startSpan('x').isRecording()).toBe(true)
  return new OtelListener()
}

describe.each(STREAMS)("Sentry's provider, told the stream %s", (name) => {
  it('sends whole trees, with outcomes and links', async () => {
    const events = await tellStream(listenerOfSentry(), name)
    await Sentry.flush(10_000)
    const spans = sent.filter((span) => span.name !== 'x')
    expectWholeTrees(spans.map(made), events)
    const roots = spans.filter((span) => span.parent_span_id === undefined)
    const locks = roots.filter((span) => span.name === 'StorageLock.Lock')
    expect(locks.length).toBeGreaterThan(0)
    for (const lock of locks) {
      const outcome = lock.attributes['storage_lock.outcome']?.value
      expect(lock.status).toBe(outcome === 'acquired' ? 'ok' : 'error')
    }
    const unlocks = roots.filter((span) => span.name === 'StorageLock.Unlock')
    expect(unlocks.every((span) => (span.links?.length ?? 0) > 0)).toBe(true)
  })
})
