import { expect, it } from 'vitest'
import { ActionName } from '../../src/index.js'
import { Story } from '../support/story.js'
import { createTelemetry, ManualClock, nanoseconds, turn } from '../support/telemetry.js'

// The watch dog's event is published anew at every renewal. What it says then stood behind the renewal's own events,
// and past 256 renewals read at once the oldest of it was dropped.
it.each(['at once', 'renewal by renewal'])(
  'tells each action of a watch dog once, in order, read %s',
  async (how) => {
    const story = new Story()
    const held = story.lock()
    const count = 300
    const clock = new ManualClock()
    const telemetry = createTelemetry({ clock })
    for (let i = 0; i < count; i++) {
      story.wait(30)
      story.renew(held)
      if (how === 'at once') continue
      for (const line of story.lines.splice(0)) telemetry.listener.on(undefined, line)
      clock.advance(1000)
      await turn()
    }
    story.unlock(held)
    await telemetry.tell(story.lines)
    let found = 0
    for (const { name, events } of telemetry.spans()) {
      const times = events.map((event) => nanoseconds(event.time))
      expect(times, name).toEqual([...times].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)))
      if (name !== 'WatchDog.Refresh') continue
      found += events.filter((event) => event.name === ActionName.GetLockInformationBegin).length
    }
    expect(found).toBe(count)
    const dropped = await telemetry.metrics()
    expect(dropped.value('storage_lock.listener.dropped') ?? 0).toBe(0)
    await telemetry.close()
  },
)

it('counts what it leaves out of a watch dog that says too much in one renewal', async () => {
  const story = new Story()
  const held = story.lock()
  const dog = held.dog
  if (dog === undefined) throw new Error('no watch dog')
  for (let i = 0; i < 20; i++) story.act(dog, 'again')
  story.renew(held)
  const telemetry = createTelemetry({ limits: { actionsPerEvent: 8 } })
  await telemetry.tell(story.lines)
  const events = telemetry.spans().flatMap((span) => span.events)
  const told = events.filter((event) => event.name === 'again').length
  expect(Math.max(...telemetry.spans().map((span) => span.events.length))).toBeLessThanOrEqual(8)
  const metrics = await telemetry.metrics()
  const where = { 'storage_lock.limit': 'actionsPerEvent' }
  expect(told).toBeGreaterThan(0)
  expect(metrics.value('storage_lock.listener.dropped', where)).toBeGreaterThanOrEqual(20 - told)
  await telemetry.close()
})
