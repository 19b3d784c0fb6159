import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/index.js'
import { Story } from '../support/story.js'
import { createTelemetry, ManualClock, type Telemetry, turn } from '../support/telemetry.js'

const SETTLE = 250

type Pace = 'flushed' | 'settled together' | 'as it happens'

async function tell(telemetry: Telemetry, clock: ManualClock, parts: Event[][], pace: Pace): Promise<void> {
  for (const lines of pace === 'as it happens' ? parts : [parts.flat()]) {
    for (const line of lines) telemetry.listener.on(undefined, line)
    if (pace === 'flushed') continue
    await turn()
    clock.advance(10 * SETTLE)
    await turn()
    telemetry.listener.pendingRootIds()
  }
  await telemetry.listener.forceFlush()
}

const END = 'storage_lock.hold.end'

async function measured(
  parts: Event[][],
  pace: Pace,
): Promise<{ metrics: Awaited<ReturnType<Telemetry['metrics']>>; close: () => Promise<void> }> {
  const clock = new ManualClock()
  const telemetry = createTelemetry({ clock, settle: SETTLE })
  await tell(telemetry, clock, parts, pace)
  return { metrics: await telemetry.metrics(), close: () => telemetry.close() }
}

describe.each<Pace>(['flushed', 'settled together', 'as it happens'])('%s', (pace) => {
  // The watch dog's last renewal waited for its settle window while the takeover was entered: the hold lasted to the
  // end of its lease, and one lease was lost twice.
  it('ends a hold when its watch dog found it lost, not when it is taken over later', async () => {
    const story = new Story({ lease: 3 })
    const held = story.lock()
    story.wait(0.5)
    story.renew(held, 'not_owner')
    const first = story.lines.splice(0)
    story.wait(4)
    const next = story.as('owner-B', () => story.lock({ by: 'takeover' }))
    story.unlock(next)
    const { metrics, close } = await measured([first, story.lines], pace)
    expect(metrics.count('storage_lock.hold.duration', { [END]: 'lost' })).toBe(1)
    expect(metrics.sum('storage_lock.hold.duration', { [END]: 'lost' })).toBeLessThan(0.6)
    expect(metrics.value('storage_lock.lease.losses')).toBe(1)
    expect(metrics.value('storage_lock.lease.losses', { 'storage_lock.reason': 'not_owner' })).toBe(1)
    await close()
  })

  // A process that was away for longer than its lease finds another's record: that is the loss told before.
  it('counts no second loss when the watch dog notices a takeover', async () => {
    const story = new Story({ lease: 3 })
    const held = story.lock()
    story.wait(4)
    const next = story.as('owner-B', () => story.lock({ by: 'takeover' }))
    const first = story.lines.splice(0)
    story.renew(held, 'not_owner')
    story.unlock(next)
    const { metrics, close } = await measured([first, story.lines], pace)
    expect(metrics.count('storage_lock.hold.duration', { [END]: 'expired' })).toBe(1)
    expect(metrics.count('storage_lock.hold.duration', { [END]: 'lost' })).toBe(0)
    expect(metrics.value('storage_lock.lease.losses')).toBe(1)
    expect(metrics.count('storage_lock.renewal.duration', { 'storage_lock.outcome': 'lost' })).toBe(1)
    await close()
  })

  // Where the release comes before the watch dog is stopped, the dog may look once more for a record that is gone.
  it('takes a released lock that its watch dog looks for again for no loss', async () => {
    const story = new Story()
    const held = story.lock()
    story.unlock(held)
    // The last lines of the release come after what the watch dog says.
    const ending = story.lines.splice(-3)
    story.renew(held, 'not_found')
    const { metrics, close } = await measured([[...story.lines, ...ending]], pace)
    expect(metrics.count('storage_lock.hold.duration', { [END]: 'released' })).toBe(1)
    expect(metrics.count('storage_lock.hold.duration')).toBe(1)
    expect(metrics.value('storage_lock.lease.losses')).toBe(0)
    await close()
  })
})
