import { SpanStatusCode } from '@opentelemetry/api'
import { expect, it } from 'vitest'
import { ActionName, EventType } from '../../src/index.js'
import { Story } from '../support/story.js'
import { createTelemetry } from '../support/telemetry.js'

// Unlock with a cancelled context does not wait for the watch dog and says so by an error, then releases all the same.
it('shows no error of a release that succeeded though its watch dog was not seen to stop', async () => {
  const story = new Story()
  const held = story.lock()
  story.unlock(held)
  const stop = story.lines.find(
    (line) => line.eventType === EventType.Unlock && line.actions[0]?.name === ActionName.WatchDogStop,
  )
  const result = stop?.actions[1]
  if (result === undefined) throw new Error('the release stops no watch dog')
  result.name = ActionName.WatchDogStopError
  result.err = {}
  const telemetry = createTelemetry()
  await telemetry.tell(story.lines)
  const failed = telemetry.spans().filter((span) => span.status.code === SpanStatusCode.ERROR)
  expect(failed.map((span) => span.name)).toEqual([])
  const metrics = await telemetry.metrics()
  expect(metrics.count('storage_lock.release.duration', { 'storage_lock.outcome': 'released' })).toBe(1)
  await telemetry.close()
})
