import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { describe, expect, it } from 'vitest'
import { EventIdGenerator } from '../../src/index.js'
import { clearNextIds, setNextIds } from '../../src/otel/event-id-generator.js'
import { Story } from '../support/story.js'
import { createTelemetry } from '../support/telemetry.js'

const TRACE = 'a'.repeat(32)
const SPAN = 'b'.repeat(16)

describe('EventIdGenerator', () => {
  it('gives the ids that are set, once, and random ones otherwise', () => {
    const { generateTraceId, generateSpanId } = new EventIdGenerator()
    setNextIds(TRACE, SPAN)
    expect([generateTraceId(), generateSpanId()]).toEqual([TRACE, SPAN])
    const others = Array.from({ length: 1000 }, () => [generateTraceId(), generateSpanId()])
    expect(new Set(others.flat()).size).toBe(2000)
    for (const [traceId, spanId] of others) {
      expect(traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/)
      expect(spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/)
    }
  })

  it('shares what is set with every other generator of the process', () => {
    setNextIds(TRACE, SPAN)
    expect(new EventIdGenerator().generateSpanId()).toBe(SPAN)
    expect(new EventIdGenerator().generateSpanId()).not.toBe(SPAN)
    clearNextIds()
    expect(new EventIdGenerator().generateTraceId()).not.toBe(TRACE)
  })

  it('takes the ids of other spans from the generator it was given', () => {
    const generator = new EventIdGenerator({
      generateTraceId: () => 'c'.repeat(32),
      generateSpanId: () => 'd'.repeat(16),
    })
    expect([generator.generateTraceId(), generator.generateSpanId()]).toEqual([
      'c'.repeat(32),
      'd'.repeat(16),
    ])
    expect(() => new EventIdGenerator({} as never)).toThrow(
      new TypeError('EventIdGenerator: fallback must have generateTraceId() and generateSpanId()'),
    )
  })

  it('leaves the spans of others alone, whatever became of the ids that were set', async () => {
    const telemetry = createTelemetry()
    const tracer = telemetry.tracerProvider.getTracer('other')
    const story = new Story()
    story.unlock(story.lock())
    const own = new Set(story.lines.flatMap((line) => [line.id.slice(-16), line.rootId.slice(-16)]))
    for (const line of story.lines) {
      telemetry.listener.on(undefined, line)
      telemetry.listener.flushSync()
      const span = tracer.startSpan('other', { root: true }, context.active())
      expect(own).not.toContain(span.spanContext().spanId)
      span.end()
    }
    await telemetry.close()
  })

  it('forgets ids that a provider of another kind did not ask for', async () => {
    const generator = new EventIdGenerator()
    const telemetry = createTelemetry({ tracerProvider: { getTracer: () => trace.getTracer('none') } })
    const story = new Story()
    story.lock()
    await telemetry.tell(story.lines)
    const provider = new BasicTracerProvider({ idGenerator: generator })
    const span = provider.getTracer('x').startSpan('x', {}, ROOT_CONTEXT)
    expect(story.lines.some((line) => line.id.endsWith(span.spanContext().spanId))).toBe(false)
    await telemetry.close()
  })
})
