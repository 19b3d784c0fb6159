import { describe, expect, test } from 'vitest'
import {
  type AcquireFact,
  type ContentionFact,
  ContentionRecorder,
  eventFromJson,
  secondsBetween,
} from '../../src/index.js'
import { linesOf, STREAMS } from '../support/streams.js'
import { createTelemetry } from '../support/telemetry.js'

async function record(
  stream: string,
  recorder = new ContentionRecorder(),
): Promise<{ recorder: ContentionRecorder; telemetry: ReturnType<typeof createTelemetry> }> {
  const telemetry = createTelemetry({ observer: recorder })
  await telemetry.tell(linesOf(stream).map((line) => eventFromJson(line)))
  return { recorder, telemetry }
}

const ofKind = <Kind extends ContentionFact['kind']>(recorder: ContentionRecorder, kind: Kind) =>
  recorder.all().facts.filter((fact): fact is Extract<ContentionFact, { kind: Kind }> => fact.kind === kind)

describe('ContentionRecorder', () => {
  test.each(STREAMS)('counts %s as the metrics do', async (stream) => {
    const { recorder, telemetry } = await record(stream)
    // What never ended is told of when no more can come.
    await telemetry.listener.shutdown()
    const metrics = await telemetry.metrics()
    const acquires = ofKind(recorder, 'acquire')
    const complete = acquires.filter((fact) => fact.complete)
    const holds = ofKind(recorder, 'hold')
    const renewals = ofKind(recorder, 'renewal')
    const sum = (of: (fact: AcquireFact) => number): number =>
      acquires.reduce((total, fact) => total + of(fact), 0)

    expect(complete.length).toBe(metrics.count('storage_lock.acquire.duration'))
    expect(complete.filter((fact) => fact.busy + fact.versionMisses > 0).length).toBe(
      metrics.count('storage_lock.acquire.duration', { 'storage_lock.contended': true }),
    )
    expect(sum((fact) => fact.busy + fact.versionMisses)).toBe(metrics.value('storage_lock.contentions') ?? 0)
    expect(sum((fact) => Number(fact.takeover))).toBe(metrics.value('storage_lock.takeovers') ?? 0)
    expect(holds.length).toBe(metrics.count('storage_lock.hold.duration'))
    expect(renewals.length).toBe(metrics.count('storage_lock.renewal.duration'))
    expect(ofKind(recorder, 'release').filter((fact) => fact.complete).length).toBe(
      metrics.count('storage_lock.release.duration'),
    )
    const losses =
      holds.filter((fact) => fact.lossReason !== undefined).length +
      renewals.filter((fact) => fact.countsAsLoss).length
    expect(losses).toBe(metrics.value('storage_lock.lease.losses') ?? 0)
    await telemetry.close()
  })

  test('tells when the attempts of a wait began, and whom they met', async () => {
    const { recorder, telemetry } = await record('head/contention.ndjson')
    const waits = ofKind(recorder, 'acquire').filter((fact) => fact.busy > 0)
    expect(waits.length).toBeGreaterThan(0)
    for (const wait of waits) {
      expect(wait.triedAfter.length).toBe(wait.attempts)
      expect(wait.triedAfter).toEqual(wait.triedAfter.toSorted((a, b) => a - b))
      expect(wait.triedAfter.at(-1)).toBeLessThan(secondsBetween(wait.start, wait.end))
      expect(wait.holders.length).toBeGreaterThan(0)
      expect(wait.holders.every((holder) => holder.ownerId !== '')).toBe(true)
    }
    await telemetry.close()
  })

  test('a lock that is held still is among those held, until it is released', async () => {
    const recorder = new ContentionRecorder()
    const telemetry = createTelemetry({ observer: recorder })
    const events = linesOf('head/uncontended.ndjson').map((line) => eventFromJson(line))
    const finish = events.findIndex((event) =>
      event.actions.some((action) => action.name === 'StorageLock.Lock.Finish'),
    )
    await telemetry.tell(events.slice(0, finish + 1))
    const { held, until } = recorder.all()
    expect(held.map((hold) => [hold.how, hold.end])).toEqual([['held', until]])
    await telemetry.tell(events.slice(finish + 1))
    expect(recorder.all().held.map((hold) => hold.rootId)).not.toContain(held[0]?.rootId)
    expect(ofKind(recorder, 'hold')[0]).toMatchObject({ how: 'released', rootId: held[0]?.rootId })
    await telemetry.close()
  })

  test('those who wait now are told, since when and how often they tried, until they got it', async () => {
    const recorder = new ContentionRecorder({ ownerId: 'hash' })
    const telemetry = createTelemetry({ observer: recorder })
    const { listener } = telemetry
    const events = linesOf('head/contention.ndjson').map((line) => eventFromJson(line))
    for (const event of events.slice(0, 1400)) listener.on(undefined, event)
    const open = listener.waiting()
    const { waiting, until } = recorder.all(open)
    expect(waiting.length).toBe(5)
    for (const [index, wait] of waiting.entries()) {
      expect(wait).toMatchObject({ outcome: 'unknown', complete: false, end: until, seq: 0 })
      expect(wait.triedAfter).toEqual(wait.triedAfter.toSorted((a, b) => a - b))
      expect(wait.ownerId).not.toBe(open.acquires[index]?.ownerId)
    }
    // Four have been turned away before; one has only just begun.
    expect(waiting.filter((wait) => wait.attempts > 3).length).toBe(4)
    expect(waiting.filter((wait) => wait.busy === 0).length).toBe(1)
    const roots = waiting.map((wait) => wait.rootId)
    for (const event of events.slice(1400)) listener.on(undefined, event)
    expect(recorder.all(listener.waiting()).waiting).toEqual([])
    const done = recorder.all().facts.filter((fact) => fact.kind === 'acquire' && roots.includes(fact.rootId))
    expect(done.length).toBe(5)
    await telemetry.close()
  })

  test('says what came after a given fact', async () => {
    const { recorder, telemetry } = await record('head/contention.ndjson')
    const all = recorder.all()
    expect(all.facts.map((fact) => fact.seq)).toEqual(all.facts.map((_, index) => index + 1))
    expect(recorder.since(all.seq - 3).facts).toEqual(all.facts.slice(-3))
    expect(recorder.since(all.seq).facts).toEqual([])
    await telemetry.close()
  })

  test('forgets the oldest facts past its bound, and says how many', async () => {
    const whole = (await record('head/contention.ndjson')).recorder.all()
    const { recorder, telemetry } = await record(
      'head/contention.ndjson',
      new ContentionRecorder({ facts: 10 }),
    )
    const { facts, forgotten, seq } = recorder.all()
    expect(facts.map((fact) => fact.seq)).toEqual(whole.facts.slice(-10).map((fact) => fact.seq))
    expect(forgotten).toBe(whole.facts.length - 10)
    expect(recorder.since(1).facts).toEqual(facts)
    expect(recorder.since(seq - 2).facts).toEqual(facts.slice(-2))
    await telemetry.close()
  })

  test('forgets what is older than its window', async () => {
    const { recorder, telemetry } = await record(
      'head/contention.ndjson',
      new ContentionRecorder({ window: 0.05 }),
    )
    const { facts, until, forgotten } = recorder.all()
    expect(forgotten).toBeGreaterThan(0)
    const [oldest] = facts
    expect((until?.[0] ?? 0) - (oldest?.end[0] ?? 0)).toBeLessThanOrEqual(1)
    await telemetry.close()
  })

  test.each(['hash', 'drop'] as const)(
    'ownerId %s shows no owner id, yet tells owners apart',
    async (mode) => {
      const plain = (await record('head/contention.ndjson')).recorder
      const owners = new Set(plain.all().facts.map((fact) => fact.ownerId))
      const { recorder, telemetry } = await record(
        'head/contention.ndjson',
        new ContentionRecorder({ ownerId: mode }),
      )
      const text = JSON.stringify(recorder.all(), (_, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      )
      for (const owner of owners) expect(text).not.toContain(owner)
      expect(new Set(recorder.all().facts.map((fact) => fact.ownerId)).size).toBe(owners.size)
      await telemetry.close()
    },
  )

  test.each([
    [{ ownerId: 'none' }, /ownerId/],
    [{ facts: 0 }, /facts/],
    [{ window: -1 }, /window/],
  ])('refuses %o', (options, message) => {
    expect(() => new ContentionRecorder(options as never)).toThrow(message)
  })
})
