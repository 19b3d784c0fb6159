import { expect, test } from 'vitest'
import { Event, EventType } from '../../src/index.js'
import { createTelemetry } from '../support/telemetry.js'

test('events whose ids end in the same 16 digits have span ids of their own', async () => {
  const telemetry = createTelemetry()
  const root = new Event('job').setType(EventType.Lock)
  root.setId('svc1-0000000000000001').setRootId('svc1-0000000000000001')
  const first = root.fork().setId('svc2-0000000000000001')
  const second = root.fork().setId('svc3-0000000000000002')
  const third = first.fork().setId('svc4-0000000000000002')
  for (const event of [root, first, second, third]) {
    telemetry.listener.on(undefined, event.addActionByName('work').end())
  }
  await telemetry.listener.forceFlush()
  const spans = telemetry.spans()
  const ids = spans.map((span) => span.spanContext().spanId)
  expect(new Set(ids).size).toBe(4)
  const root_ = spans.find((span) => span.parentSpanContext === undefined)
  expect(root_?.spanContext().spanId).toBe('0000000000000001')
  for (const span of spans) expect(span.parentSpanContext?.spanId).not.toBe(span.spanContext().spanId)
  await telemetry.close()
})
