import { expect, it } from 'vitest'
import { Event } from '../../src/index.js'
import { createTelemetry } from '../support/telemetry.js'

// An event that ended before it began ended its tree before the event's own start.
it('covers an event whose end lies before its start', async () => {
  const root = new Event('lock', 'root', [100, 0])
  root.endTime = [100, 0]
  const child = new Event('lock', 'child', [105, 0]).setRootId('root')
  child.parentId = 'root'
  child.endTime = [101, 0]
  const telemetry = createTelemetry()
  await telemetry.tell([root, child])
  const span = telemetry.spans().find((each) => each.parentSpanContext === undefined)
  expect(span?.endTime).toEqual([105, 0])
})
