import { expect, it } from 'vitest'
import { Story } from '../support/story.js'
import { createTelemetry, ManualClock, turn } from '../support/telemetry.js'

// Read from a file, a day passes while the clock stands still: renewals in their settle window were not entered
// yet when other calls told how late it was, and the lock they kept was taken for expired.
it('does not let a lease end whose renewals are known but not settled', async () => {
  const story = new Story({ lease: 60, lockId: 'long-job' })
  const held = story.lock()
  const clock = new ManualClock()
  const telemetry = createTelemetry({ clock, settle: 250, limits: { settlingEvents: 20 } })
  const pass = async (): Promise<void> => {
    for (const line of story.lines.splice(0)) telemetry.listener.on(undefined, line)
    await turn()
  }
  await pass()
  clock.advance(250)
  await turn()
  for (let i = 0; i < 10; i++) {
    story.wait(30)
    story.renew(held)
    story.as('owner-B', () => {
      story.lockId = 'other'
      story.unlock(story.lock({ watchDog: false }))
      story.lockId = 'long-job'
    })
    await pass()
    await telemetry.metrics()
  }
  story.unlock(held)
  await pass()
  await telemetry.listener.forceFlush()
  const metrics = await telemetry.metrics()
  const where = { 'storage_lock.lock.name': 'long-job' }
  expect(metrics.count('storage_lock.hold.duration', { ...where, 'storage_lock.hold.end': 'released' })).toBe(
    1,
  )
  expect(metrics.value('storage_lock.lease.losses', where)).toBe(0)
  expect(metrics.count('storage_lock.renewal.headroom', where)).toBe(10)
  await telemetry.close()
})
