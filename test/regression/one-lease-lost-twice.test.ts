import { expect, it } from 'vitest'
import { ContentionRecorder } from '../../src/index.js'
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

// A process that is stopped for longer than its lease finds out late: the lease had ended, and was lost again.
it.each(['not_owner', 'not_found'] as const)(
  'counts a lease that ended before its watch dog found it gone (%s) once',
  async (kind) => {
    const story = new Story({ lease: 2 })
    const held = story.lock()
    const clock = new ManualClock()
    const recorder = new ContentionRecorder()
    const telemetry = createTelemetry({ clock, observer: recorder })
    await telemetry.tell(story.lines.splice(0))
    clock.advance(5_000)
    expect((await telemetry.metrics()).value('storage_lock.lease.losses')).toBe(1)
    story.wait(5)
    story.renew(held, kind)
    await telemetry.tell(story.lines)
    const metrics = await telemetry.metrics()
    expect(metrics.value('storage_lock.lease.losses')).toBe(1)
    expect(metrics.count('storage_lock.renewal.duration', { 'storage_lock.outcome': 'lost' })).toBe(1)
    expect(recorder.all().facts.filter((fact) => fact.kind === 'renewal' && fact.countsAsLoss)).toEqual([])
    await telemetry.close()
  },
)

// Older versions delete the record before they stop the watch dog, whose last look may come between.
it('does not take a lock for lost whose watch dog looks once more after the release', async () => {
  const story = new Story({ lease: 30 })
  const held = story.lock()
  story.unlock(held)
  const telemetry = createTelemetry({ clock: new ManualClock() })
  await telemetry.tell(story.lines.splice(0))
  story.renew(held, 'not_found')
  await telemetry.tell(story.lines)
  expect((await telemetry.metrics()).value('storage_lock.lease.losses')).toBe(0)
  await telemetry.close()
})
