import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Action, ActionName, Event, EventType } from '../../src/index.js'
import { type Held, Story } from '../support/story.js'
import { createTelemetry, ManualClock, type Telemetry, turn } from '../support/telemetry.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Megabytes in use. */
function heap(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed / 2 ** 20
}

/** Actions that tell of each look at one of them. */
function counting(actions: Action[], look: () => void): Action[] {
  return new Proxy(actions, {
    get: (target, key, receiver) => {
      if (typeof key === 'string' && /^\d/.test(key)) look()
      return Reflect.get(target, key, receiver) as unknown
    },
  })
}

/** Publishes what the story told since, and lets the listener have its turn. */
async function pass(telemetry: Telemetry, story: Story): Promise<void> {
  for (const line of story.lines.splice(0)) telemetry.listener.on(undefined, line)
  await turn()
}

describe('a lock that is held for a day', () => {
  const RENEWALS = 2880
  const FAILED = new Set([100, 1500, 1501, 2879])

  async function day(
    renewals: number,
    limits = {},
  ): Promise<{ telemetry: Telemetry; held: Held; looks: number }> {
    const clock = new ManualClock()
    const telemetry = createTelemetry({ clock, limits })
    const story = new Story()
    const held = story.lock()
    await pass(telemetry, story)
    let looks = 0
    for (let i = 0; i < renewals; i++) {
      story.wait(30)
      clock.advance(30_000)
      story.renew(held, FAILED.has(i) ? 'error' : 'renewed')
      for (const line of story.lines) line.actions = counting(line.actions, () => (looks += 1))
      await pass(telemetry, story)
    }
    story.unlock(held)
    await pass(telemetry, story)
    await telemetry.listener.forceFlush()
    return { telemetry, held, looks }
  }

  it('has every renewal in the metrics, a bounded trace, and its failures always in it', async () => {
    const limits = { spansPerTrace: 1000 }
    const { telemetry, held } = await day(RENEWALS, limits)
    const metrics = await telemetry.metrics()
    expect(metrics.count('storage_lock.renewal.duration')).toBe(RENEWALS)
    const outcome = (value: string): number =>
      metrics.count('storage_lock.renewal.duration', { 'storage_lock.outcome': value })
    expect(outcome('error')).toBe(FAILED.size)
    expect(outcome('renewed')).toBe(RENEWALS - FAILED.size)
    expect(metrics.count('storage_lock.renewal.headroom')).toBe(RENEWALS - FAILED.size)
    expect(metrics.count('storage_lock.hold.duration', { 'storage_lock.hold.end': 'released' })).toBe(1)
    expect(metrics.sum('storage_lock.hold.duration')).toBeCloseTo(RENEWALS * 30, 0)
    expect(metrics.value('storage_lock.lease.losses')).toBe(0)
    const gets = { 'storage_lock.operation': 'get' }
    // One for each renewal, one in the Lock, one in the Unlock.
    expect(metrics.count('storage_lock.storage.operation.duration', gets)).toBe(RENEWALS + 2)
    const spans = telemetry.spans().filter((span) => span.attributes['storage_lock.root_id'] === held.rootId)
    expect(spans.length).toBeLessThanOrEqual(limits.spansPerTrace + FAILED.size + 1)
    expect(spans.filter((span) => span.attributes['storage_lock.outcome'] === 'error')).toHaveLength(
      FAILED.size,
    )
    expect(spans.filter((span) => span.name === 'StorageLock.Hold')).toHaveLength(1)
    const ids = new Set(spans.map((span) => span.spanContext().spanId))
    for (const span of spans) {
      if (span.parentSpanContext !== undefined) expect(ids).toContain(span.parentSpanContext.spanId)
    }
    const dropped = metrics.value('storage_lock.listener.dropped', { 'storage_lock.limit': 'spansPerTrace' })
    expect(dropped).toBeGreaterThan(10_000)
    await telemetry.close()
  })

  it('costs as much in the evening as in the morning', async () => {
    const short = await day(400)
    const long = await day(1600)
    // Four times the renewals: were each action of WatchDog.Create looked at each time, it would be sixteen times.
    expect(long.looks / short.looks).toBeLessThan(4.8)
    await short.telemetry.close()
    await long.telemetry.close()
  })
})

describe('a Lock that retries for ever', () => {
  it('stays within its bounds, and is measured when it ends at last', async () => {
    const attempts = 22_000
    const telemetry = createTelemetry({ clock: new ManualClock(), limits: { eventsPerTree: 2000 } })
    const story = new Story()
    const at = story.now
    const root = story.publish(story.act(story.event(EventType.Lock), ActionName.LockBegin))
    await pass(telemetry, story)
    const before = heap()
    let publications = 0
    let most = 0
    for (let i = 1; i <= attempts; i++) {
      const counters = { lockBusyCount: i, versionMissCount: 0 }
      const attempt = story.publish(story.act(story.event(EventType.Lock, root), ActionName.TryLockBegin))
      story.publish(story.act(attempt, ActionName.GetLockInformationBegin))
      story.say(EventType.Lock, attempt, ActionName.StorageGet, { timed: true })
      story.say(EventType.Lock, attempt, ActionName.StorageGetSuccess)
      const exists = story.say(EventType.Lock, attempt, ActionName.LockExists)
      story.say(EventType.Lock, exists, ActionName.StorageGetTime, { timed: true })
      story.say(EventType.Lock, exists, ActionName.LockBusy)
      story.say(EventType.Lock, root, ActionName.LockBusy, { payload: counters })
      story.say(EventType.Lock, root, ActionName.Sleep)
      story.say(EventType.Lock, root, ActionName.SleepRetry, { payload: counters })
      publications += story.lines.length
      if (i % 50 === 0) await pass(telemetry, story)
      if (i % 2000 === 0) most = Math.max(most, heap() - before)
    }
    expect(publications).toBeGreaterThan(200_000)
    expect(most).toBeLessThan(120)
    story.wait(1)
    story.say(EventType.Lock, root, ActionName.LockSuccess, {
      payload: { lockBusyCount: attempts, versionMissCount: 0 },
    })
    const end = story.now
    story.say(EventType.Lock, root, ActionName.LockFinish)
    await pass(telemetry, story)
    await telemetry.listener.forceFlush()
    const metrics = await telemetry.metrics()
    expect(metrics.sum('storage_lock.acquire.attempts')).toBe(attempts + 1)
    expect(metrics.value('storage_lock.contentions', { 'storage_lock.reason': 'busy' })).toBe(attempts)
    const waited = metrics.sum('storage_lock.acquire.duration', { 'storage_lock.outcome': 'acquired' })
    expect(waited).toBeCloseTo(Number(end - at) / 1e9, 3)
    expect(metrics.count('storage_lock.storage.operation.duration')).toBe(2 * attempts)
    const spans = telemetry.spans().filter((span) => span.name !== 'StorageLock.Hold')
    expect(spans.length).toBeLessThanOrEqual(2001)
    const span = telemetry.spans().find((each) => each.attributes['storage_lock.event.id'] === root.id)
    expect(span?.attributes['storage_lock.attempts']).toBe(attempts + 1)
    expect(span?.attributes['storage_lock.dropped_events']).toBeGreaterThan(190_000)
    const dropped = metrics.value('storage_lock.listener.dropped', { 'storage_lock.limit': 'eventsPerTree' })
    expect(dropped).toBe(span?.attributes['storage_lock.dropped_events'])
    await telemetry.close()
  })

  it('is bounded also when it never lets the event loop have its turn', async () => {
    const telemetry = createTelemetry({ limits: { retainedEvents: 5000 } })
    const root = new Event('lock', 'root', [1_800_000_000, 0]).setType(EventType.Lock)
    root.addAction(new Action(ActionName.LockBegin, [1_800_000_000, 1]))
    telemetry.listener.on(undefined, root)
    const before = heap()
    for (let i = 0; i < 200_000; i++) {
      const event = new Event('lock', `event-${i}`, [1_800_000_000 + i, 0]).setType(EventType.Lock)
      event.setRootId('root').setParent(root)
      telemetry.listener.on(undefined, event.addAction(new Action(ActionName.TryLockBegin, event.startTime)))
    }
    expect(heap() - before).toBeLessThan(100)
    await telemetry.listener.forceFlush()
    const metrics = await telemetry.metrics()
    const accepted = { 'storage_lock.result': 'accepted' }
    expect(metrics.value('storage_lock.listener.events', accepted)).toBe(200_001)
    await telemetry.close()
  })
})

it('many locks in a row leave nothing behind but what is remembered on purpose', async () => {
  const telemetry = createTelemetry({ limits: { rememberedTrees: 100 } })
  const tell = async (from: number, to: number): Promise<void> => {
    for (let i = from; i < to; i++) {
      const story = new Story({
        seed: i,
        lockId: `order-${i}`,
        start: 1_800_000_000_000_000_000n + BigInt(i) * 10n ** 9n,
      })
      story.unlock(story.lock())
      await pass(telemetry, story)
    }
    await telemetry.listener.forceFlush()
  }
  await tell(1, 1500)
  const metrics = await telemetry.metrics()
  expect(metrics.count('storage_lock.hold.duration')).toBe(1499)
  expect(metrics.value('storage_lock.held') ?? 0).toBe(0)
  expect(metrics.value('storage_lock.listener.trees')).toBe(0)
  await telemetry.close()
})
