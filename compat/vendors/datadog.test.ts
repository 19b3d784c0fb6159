import tracer from 'dd-trace'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { EventIdGenerator, OtelListener } from '../../src/index.js'
import { expectWholeTrees, type MadeSpan, STREAMS, tellStream } from './whole-tree.js'

/** What a span of dd-trace's provider shows; it has more than the API's, but no types for it. */
interface DatadogSpan {
  readonly name: string
  readonly startTime: [number, number]
  readonly duration: number
  readonly parentSpanId: string | null | undefined
  spanContext(): { traceId: string; spanId: string }
  readonly _ddSpan: {
    context(): { _tags: Record<string, unknown> }
    readonly _events?: { name: string }[]
    readonly _links?: unknown[]
  }
}

const ended: DatadogSpan[] = []

const made = (span: DatadogSpan): MadeSpan => {
  const { traceId, spanId } = span.spanContext()
  const start = span.startTime[0] + span.startTime[1] / 1e9
  return {
    name: span.name,
    traceId,
    spanId,
    parentSpanId: span.parentSpanId?.padStart(16, '0'),
    start,
    end: start + span.duration / 1000,
    attributes: span._ddSpan.context()._tags,
  }
}

beforeAll(() => {
  // There is no agent at that port, and none of its other services are wanted.
  process.env['DD_INSTRUMENTATION_TELEMETRY_ENABLED'] = 'false'
  process.env['DD_REMOTE_CONFIGURATION_ENABLED'] = 'false'
  tracer.init({ url: 'http://127.0.0.1:9', plugins: false, startupLogs: false, flushInterval: 600_000 })
  // As the SDK's NodeSDK does it; the types know nothing of that yet.
  const Provider = tracer.TracerProvider as unknown as new (config: object) => { register(): void }
  const provider = new Provider({
    spanProcessors: [
      {
        onStart: () => {},
        onEnd: (span: DatadogSpan) => {
          ended.push(span)
        },
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ],
  })
  provider.register()
})

beforeEach(() => {
  ended.length = 0
})

afterAll(() => {
  ended.length = 0
})

describe.each(STREAMS)("dd-trace's provider, told the stream %s", (name) => {
  it('has whole trees', async () => {
    const events = await tellStream(new OtelListener(), name)
    expectWholeTrees(ended.map(made), events)
    expect(ended.some((span) => span.name === 'StorageLock.Hold')).toBe(
      name !== 'timeout' || ended.length > 0,
    )
  })

  it('has outcomes, span events and links', async () => {
    await tellStream(new OtelListener(), name)
    const spans = ended.map(made)
    const locks = spans.filter((span) => span.name === 'StorageLock.Lock' && span.parentSpanId === undefined)
    expect(locks.length).toBeGreaterThan(0)
    for (const lock of locks) {
      expect(lock.attributes['storage_lock.outcome']).toMatch(/^(acquired|timeout)$/)
    }
    expect(ended.some((span) => (span._ddSpan._events?.length ?? 0) > 0)).toBe(true)
    const unlock = ended.find((span) => span.name === 'StorageLock.Unlock' && !span.parentSpanId)
    expect(unlock?._ddSpan._links?.length).toBeGreaterThan(0)
  })
})

it('has ids of its own, which an EventIdGenerator elsewhere does not change', async () => {
  const generator = new EventIdGenerator()
  const events = await tellStream(new OtelListener(), 'contention')
  expectWholeTrees(ended.map(made), events)
  expect(ended[0]?.spanContext().traceId).not.toBe(events[0]?.rootId.slice(-32))
  expect(generator.generateTraceId()).toMatch(/^[0-9a-f]{32}$/)
})
