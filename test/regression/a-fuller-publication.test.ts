import { expect, test } from 'vitest'
import { Event, eventFromJson } from '../../src/index.js'
import { createTelemetry } from '../support/telemetry.js'

test.each([
  ['first', (line: string, fuller: string) => [fuller, line]],
  ['last', (line: string, fuller: string) => [line, fuller]],
])('an error that only one of two publications tells is kept when it comes %s', async (_, order) => {
  const event = new Event('job').addActionByName('work').end()
  const line = event.toJson()
  const fuller = event.setErr({ code: 'X1' }).toJson()
  const telemetry = createTelemetry()
  for (const text of order(line, fuller)) telemetry.listener.on(undefined, eventFromJson(text))
  await telemetry.listener.forceFlush()
  expect(telemetry.spans().map((span) => [span.status.code, span.attributes['error.type']])).toEqual([
    [2, 'X1'],
  ])
  await telemetry.close()
})
