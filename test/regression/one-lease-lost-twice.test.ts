import { expect, it } from 'vitest'
import { Story } from '../support/story.js'
import { createTelemetry, ManualClock } from '../support/telemetry.js'

// v0.0.5's watch dog stops at its first look: told as a loss, the lease was lost again when it really ended.
it('counts a lease that its watch dog gave up, and that then ended, once', async () => {
  const story = new Story({ lease: 30 })
  const held = story.lock()
  story.renew(held, 'not_found')
  for (const line of story.lines) {
    const payload = line.actions[0]?.payloadMap
    if (line.watchDogId !== '' && payload?.['lockId'] !== undefined) payload['lockId'] = ''
  }
  const clock = new ManualClock()
  const telemetry = createTelemetry({ clock })
  await telemetry.tell(story.lines)
  clock.advance(60_000)
  const metrics = await telemetry.metrics()
  expect(metrics.count('storage_lock.hold.duration', { 'storage_lock.hold.end': 'expired' })).toBe(1)
  expect(metrics.value('storage_lock.lease.losses')).toBe(1)
  await telemetry.close()
})
