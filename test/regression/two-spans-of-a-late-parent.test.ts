import { expect, it } from 'vitest'
import { Story } from '../support/story.js'
import { createTelemetry, turn } from '../support/telemetry.js'

// A renewal's storage calls come before the renewal itself. Exported while the renewal was under way, they made
// a span of it as if it were never published; when it came, it had another span with the same id.
it('makes one span of a renewal whose children come in an earlier turn', async () => {
  const story = new Story()
  const held = story.lock()
  story.renew(held)
  story.renew(held)
  const telemetry = createTelemetry()
  for (const line of story.lines) {
    telemetry.listener.on(undefined, line)
    if (line.actions.at(-1)?.name !== 'WatchDog.Refresh.Success') await turn()
  }
  await telemetry.listener.forceFlush()
  const ids = telemetry.spans().map((span) => span.spanContext().spanId)
  expect(ids).toHaveLength(new Set(ids).size)
  const renewals = telemetry.spans().filter((span) => span.attributes['storage_lock.outcome'] === 'renewed')
  expect(renewals).toHaveLength(2)
  const below = telemetry.spans().filter((span) => span.name === 'Storage.UpdateWithVersion')
  expect(below.map((span) => span.parentSpanContext?.spanId)).toEqual(
    renewals.map((span) => span.spanContext().spanId),
  )
})

it('makes no second span of an event that is published after it was exported as unpublished', async () => {
  const story = new Story()
  story.unlock(story.lock())
  // The dog's WatchDog.Create comes last, after everything is exported.
  const late = story.lines.findIndex((line) => line.actions[0]?.name === 'WatchDog.Create')
  const [create] = story.lines.splice(late, 1)
  const telemetry = createTelemetry()
  await telemetry.tell(story.lines)
  await telemetry.tell([create!])
  await telemetry.listener.shutdown()
  const spans = telemetry.spans().filter((span) => span.attributes['storage_lock.event.late'] !== true)
  const ids = spans.map((span) => span.spanContext().spanId)
  expect(ids).toHaveLength(new Set(ids).size)
  expect(telemetry.spans().flatMap((span) => span.events.map((event) => event.name))).toContain(
    'WatchDog.Create',
  )
})
