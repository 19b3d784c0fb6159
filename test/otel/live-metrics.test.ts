import { describe, expect, it } from 'vitest'
import { Story } from '../support/story.js'
import { createTelemetry, ManualClock, type Telemetry, type TelemetryOptions } from '../support/telemetry.js'

interface Bench {
  readonly telemetry: Telemetry
  readonly clock: ManualClock
  readonly story: Story
  /** Publishes what the story told since, without ending what is under way. */
  pass(): void
  gauges(lock?: string): Promise<Record<string, number | undefined>>
}

function bench(options: TelemetryOptions = {}): Bench {
  const clock = new ManualClock()
  const telemetry = createTelemetry({ clock, ...options })
  const story = new Story({ lease: 60 })
  return {
    telemetry,
    clock,
    story,
    pass: () => {
      for (const line of story.lines.splice(0)) telemetry.listener.on(undefined, line)
    },
    gauges: async (lock) => {
      const metrics = await telemetry.metrics()
      const where = lock === undefined ? {} : { 'storage_lock.lock.name': lock }
      const value = (name: string): number | undefined => metrics.value(`storage_lock.${name}`, where)
      return {
        held: value('held'),
        waiting: value('waiting'),
        holdAge: value('hold.age.max'),
        waitAge: value('wait.age.max'),
      }
    },
  }
}

/** The clock and the story's own time, both. */
function wait({ clock, story }: Bench, seconds: number): void {
  clock.advance(seconds * 1000)
  story.wait(seconds)
}

describe('what is held now', () => {
  it('is one from the acquire to the release, and grows old', async () => {
    const at = bench()
    const held = at.story.lock()
    at.pass()
    expect(await at.gauges()).toMatchObject({ held: 1, waiting: 0 })
    wait(at, 20)
    const { holdAge } = await at.gauges()
    expect(holdAge).toBeCloseTo(20, 2)
    at.story.unlock(held)
    at.pass()
    expect(await at.gauges()).toEqual({ held: 0, waiting: 0, holdAge: 0, waitAge: 0 })
    await at.telemetry.close()
  })

  it('of a process that was killed grows old until its lease ends, and is then gone, lost once', async () => {
    const at = bench()
    at.story.lock()
    at.pass()
    await at.gauges()
    wait(at, 59)
    expect((await at.gauges())['held']).toBe(1)
    expect((await at.gauges())['holdAge']).toBeCloseTo(59, 1)
    wait(at, 3)
    expect(await at.gauges()).toMatchObject({ held: 0, holdAge: 0 })
    const metrics = await at.telemetry.metrics()
    expect(metrics.value('storage_lock.lease.losses', { 'storage_lock.reason': 'expired' })).toBe(1)
    expect(metrics.value('storage_lock.lease.losses')).toBe(1)
    expect(metrics.count('storage_lock.hold.duration', { 'storage_lock.hold.end': 'expired' })).toBe(1)
    expect(metrics.sum('storage_lock.hold.duration')).toBeCloseTo(60, 1)
    await at.telemetry.close()
  })

  it('by a watch dog that renews stays held', async () => {
    const at = bench()
    const held = at.story.lock()
    at.pass()
    for (let i = 0; i < 10; i++) {
      wait(at, 30)
      at.story.renew(held)
      at.pass()
      expect((await at.gauges())['held']).toBe(1)
    }
    expect((await at.gauges())['holdAge']).toBeCloseTo(300, 1)
    await at.telemetry.close()
  })

  it('by an owner who acquired it again is held once', async () => {
    const at = bench()
    const held = at.story.lock()
    at.story.lock({ by: 'reentry', holder: held })
    at.pass()
    expect((await at.gauges())['held']).toBe(1)
    at.story.unlock(held, 'reentry')
    at.pass()
    expect((await at.gauges())['held']).toBe(1)
    at.story.unlock(held)
    at.pass()
    expect((await at.gauges())['held']).toBe(0)
    await at.telemetry.close()
  })

  it('is told by lock, and by storage', async () => {
    const at = bench()
    at.story.lock()
    at.story.lockId = 'report'
    at.story.lock()
    at.story.lockId = 'report'
    at.pass()
    expect((await at.gauges('order-*'))['held']).toBe(1)
    expect((await at.gauges('report'))['held']).toBe(1)
    expect((await at.gauges('nothing'))['held']).toBeUndefined()
    await at.telemetry.close()
  })
})

describe('what waits now', () => {
  it('is each call of Lock without a result, and grows old', async () => {
    const at = bench()
    at.story.lock({ busy: 1, outcome: 'unfinished' })
    at.pass()
    expect(await at.gauges()).toMatchObject({ waiting: 1, held: 0 })
    wait(at, 30)
    at.story.lock({ outcome: 'unfinished' })
    at.pass()
    const gauges = await at.gauges()
    expect(gauges['waiting']).toBe(2)
    expect(gauges['waitAge']).toBeCloseTo(30, 1)
    await at.telemetry.close()
  })

  it('waits no more once it was acquired, though its Finish is still to come', async () => {
    const at = bench({ settle: 250 })
    at.story.lock()
    at.story.lines.pop()
    at.pass()
    expect((await at.gauges())['waiting'] ?? 0).toBe(0)
    await at.telemetry.close()
  })

  it('is neither a call of Unlock nor the watch dog of a lock that was forgotten', async () => {
    const at = bench({ limits: { rememberedTrees: 1 } })
    const held = at.story.lock()
    at.pass()
    await at.telemetry.listener.forceFlush()
    at.story.lockId = 'other'
    at.story.lock()
    at.pass()
    await at.telemetry.listener.forceFlush()
    at.story.renew(held)
    at.story.unlock(held)
    at.story.lines.splice(-2)
    at.pass()
    expect((await at.gauges())['waiting'] ?? 0).toBe(0)
    await at.telemetry.close()
  })
})

it('ages are measured on the clock of the stream, in a replay of yesterday', async () => {
  const at = bench()
  at.story.now -= 86_400n * 1_000_000_000n
  at.story.lock()
  at.story.lockId = 'another'
  at.story.wait(10)
  at.story.unlock(at.story.lock())
  at.pass()
  expect((await at.gauges('order-*'))['holdAge']).toBeCloseTo(10, 1)
  await at.telemetry.close()
})

it('a waiter that is the only one to do anything grows old too', async () => {
  const at = bench()
  const root = at.story.lock({ busy: 1, outcome: 'unfinished' })
  at.pass()
  await at.gauges()
  wait(at, 100)
  expect((await at.gauges())['waitAge']).toBeCloseTo(100, 1)
  expect(root.rootId).not.toBe('')
  await at.telemetry.close()
})

it('the gauges go on with a meter provider that is set later', async () => {
  const at = bench()
  at.story.lock()
  at.pass()
  await at.gauges()
  const other = createTelemetry()
  at.telemetry.listener.setMeterProvider(other.meterProvider)
  expect((await other.metrics()).value('storage_lock.held')).toBe(1)
  await other.close()
  await at.telemetry.close()
})

describe('the listener’s own accounts', () => {
  it('tell events by what became of them, trees, spans, and what each bound left out', async () => {
    const at = bench({ limits: { actionsPerEvent: 2 } })
    const held = at.story.lock()
    const lines = at.story.lines.slice()
    at.pass()
    for (const line of lines) at.telemetry.listener.on(undefined, line)
    at.telemetry.listener.on(undefined, {} as never)
    at.story.lock({ outcome: 'unfinished' })
    at.pass()
    const metrics = await at.telemetry.metrics()
    const events = (result: string): number | undefined =>
      metrics.value('storage_lock.listener.events', { 'storage_lock.result': result })
    expect(events('accepted')).toBe(lines.length + 1)
    expect(events('repeated')).toBe(lines.length)
    expect(events('rejected')).toBe(1)
    expect(metrics.value('storage_lock.listener.trees')).toBe(1)
    expect(metrics.value('storage_lock.listener.spans')).toBe(at.telemetry.spans().length)
    expect(metrics.value('storage_lock.listener.errors')).toBe(0)
    expect(held.rootId).not.toBe('')
    await at.telemetry.close()
  })
})
