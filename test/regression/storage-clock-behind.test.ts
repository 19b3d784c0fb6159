import { expect, it } from 'vitest'
import { onProcessClock, storageBehind } from '../../src/operations/storage-clock.js'
import { Story } from '../support/story.js'
import { createTelemetry, ManualClock } from '../support/telemetry.js'

// Every lease seemed to have ended before it began: each hold was told as expired at once, and each as a loss.
it.each([31, 3_600, 8 * 3_600])(
  'does not take leases for over on a storage whose clock is %i s behind',
  async (behind) => {
    const story = new Story({ lease: 30, storageBehind: behind })
    const clock = new ManualClock()
    const telemetry = createTelemetry({ clock })
    const held = story.lock()
    await telemetry.tell(story.lines.splice(0))
    story.wait(10)
    clock.advance(10_000)
    story.renew(held)
    await telemetry.tell(story.lines.splice(0))
    expect((await telemetry.metrics()).value('storage_lock.held')).toBe(1)
    story.wait(10)
    clock.advance(10_000)
    story.unlock(held)
    await telemetry.tell(story.lines)
    const metrics = await telemetry.metrics()
    expect(metrics.count('storage_lock.hold.duration', { 'storage_lock.hold.end': 'released' })).toBe(1)
    expect(metrics.value('storage_lock.lease.losses')).toBe(0)
    // Ten of thirty seconds had passed.
    expect(metrics.sum('storage_lock.renewal.headroom')).toBeCloseTo(20, 1)
    await telemetry.close()
  },
)

it('still ends the hold of a process that died, when its lease does', async () => {
  const story = new Story({ lease: 30, storageBehind: 3_600 })
  const clock = new ManualClock()
  const telemetry = createTelemetry({ clock })
  story.lock()
  await telemetry.tell(story.lines)
  clock.advance(20_000)
  expect((await telemetry.metrics()).value('storage_lock.held')).toBe(1)
  clock.advance(20_000)
  const metrics = await telemetry.metrics()
  expect(metrics.value('storage_lock.held')).toBe(0)
  expect(metrics.value('storage_lock.lease.losses', { 'storage_lock.reason': 'expired' })).toBe(1)
  await telemetry.close()
})

const record = (begin: number, lease: number) => ({
  ownerId: 'A',
  version: 1,
  lockCount: 1,
  lockBeginTime: [begin, 900_000_000] as [number, number],
  leaseExpireTime: [lease, 900_000_000] as [number, number],
})

it('takes the clocks for one while a lease runs when it is written, however late that is told', () => {
  expect(storageBehind(record(100, 130), [129, 0])).toBeUndefined()
  expect(storageBehind(record(100, 130), undefined)).toBeUndefined()
  expect(storageBehind(undefined, [200, 0])).toBeUndefined()
  const behind = storageBehind(record(100, 130), [200, 400_000_000])
  expect(behind).toBe(99_500_000_000n)
  expect(onProcessClock([130, 900_000_000], behind)).toEqual([230, 400_000_000])
})
