import { ContentionRecorder, eventFromJson, traceIdOf } from 'storage-lock-otel'
import { describe, expect, test } from 'vitest'
import { linesOf, STREAMS } from '../../../test/support/streams.js'
import { createTelemetry } from '../../../test/support/telemetry.js'
import { encodeFacts } from '../../src/report/encode.js'
import { Model } from '../../src/report/model/model.js'
import { extentOf, statsOf } from '../../src/report/model/stats.js'
import { acquire, at, factsOf, hold, modelOf, release, renewal } from './facts.js'

const MS = 1e6
const nanoseconds = ([seconds, rest]: readonly [number, number]): bigint =>
  BigInt(seconds) * 1_000_000_000n + BigInt(rest)

describe('the form in which facts are embedded', () => {
  test.each(STREAMS)('%s: every fact comes out as it went in', async (stream) => {
    const recorder = new ContentionRecorder()
    const telemetry = createTelemetry({ observer: recorder })
    await telemetry.tell(linesOf(stream).map((line) => eventFromJson(line)))
    const { facts, held } = recorder.all()
    const model = new Model()
    model.add(JSON.parse(JSON.stringify(encodeFacts(recorder.all()))))
    const base = nanoseconds(model.base)
    const out = model.locks.flatMap((lock) => [
      ...lock.acquires,
      ...lock.holds,
      ...lock.releases,
      ...lock.renewals,
    ])
    expect(out.length).toBe(facts.length + held.length)
    for (const fact of facts) {
      const item = out.find((each) => each.seq === fact.seq)
      if (item === undefined) throw new Error(`fact ${fact.seq} is missing`)
      expect(item.kind).toBe(fact.kind)
      expect([item.lock.storage, item.lock.id, item.owner.id]).toEqual([
        fact.storageName,
        fact.lockId,
        fact.ownerId,
      ])
      expect(base + BigInt(item.start)).toBe(nanoseconds(fact.start))
      expect(base + BigInt(item.end)).toBe(nanoseconds(fact.end))
      if (item.kind !== 'renewal') expect(item.trace).toBe(traceIdOf(fact.rootId))
      if (item.kind === 'acquire' && fact.kind === 'acquire') {
        expect(item).toMatchObject({
          outcome: fact.outcome,
          attempts: fact.attempts,
          busy: fact.busy,
          takeover: fact.takeover,
        })
        expect(item.tries.length).toBe(fact.triedAfter.length)
        item.tries.forEach((time, index) => {
          expect(Math.abs(time - item.start - (fact.triedAfter[index] as number) * 1e9)).toBeLessThanOrEqual(
            500,
          )
        })
        expect(item.acquiredAt === undefined ? undefined : base + BigInt(item.acquiredAt)).toBe(
          fact.acquiredAt === undefined ? undefined : nanoseconds(fact.acquiredAt),
        )
        expect(item.holders.map((owner) => owner.id)).toEqual(fact.holders.map((holder) => holder.ownerId))
      }
      if (item.kind === 'hold' && fact.kind === 'hold') {
        expect(item).toMatchObject({ how: fact.how, reason: fact.lossReason ?? '', renewals: fact.renewals })
      }
    }
    await telemetry.close()
  })

  test('tokens beyond 2^53 keep their digits', () => {
    const model = modelOf([acquire('a', 0, 1, { fencingToken: 18_446_744_073_709_551_615n })])
    expect(model.locks[0]?.acquires[0]?.token).toBe('18446744073709551615')
  })

  test('the same lock id in two storages is two locks', () => {
    const model = modelOf([acquire('a', 0, 1), acquire('a', 2, 3, { storageName: 'postgresql' })])
    expect(model.locks.map((lock) => [lock.storage, lock.id])).toEqual([
      ['memory-storage', 'order-42'],
      ['postgresql', 'order-42'],
    ])
  })
})

describe('news of a live page', () => {
  test('are added to what is known, on one time line', () => {
    const model = modelOf([acquire('a', 0, 1), hold('a', 1, 5)])
    model.add(encodeFacts(factsOf([acquire('b', 2, 6, { busy: 3 })])))
    const [lock] = model.locks
    expect(model.locks.length).toBe(1)
    expect(lock?.acquires.map((each) => [each.owner.id, each.start, each.end])).toEqual([
      ['a', 0, 1 * MS],
      ['b', 2 * MS, 6 * MS],
    ])
  })

  test('what was held is replaced by what is held now', () => {
    const model = modelOf([acquire('a', 0, 1)], [hold('a', 1, 5, { how: 'held', seq: 0 })])
    model.add(encodeFacts(factsOf([], [hold('a', 1, 9, { how: 'held', seq: 0 })])))
    expect(model.locks[0]?.holds.map((each) => each.end)).toEqual([9 * MS])
    model.add(encodeFacts(factsOf([hold('a', 1, 12)])))
    expect(model.locks[0]?.holds.map((each) => [each.how, each.end])).toEqual([['released', 12 * MS]])
  })

  test('what the bridge has forgotten is forgotten', () => {
    const first = acquire('a', 0, 1)
    const second = acquire('b', 2, 3)
    const model = modelOf([first, second])
    model.forget(first.seq)
    expect(model.locks[0]?.acquires.map((each) => each.owner.id)).toEqual(['b'])
  })
})

describe('the figures of a lock', () => {
  const model = modelOf([
    acquire('a', 0, 1),
    hold('a', 1, 40),
    release('a', 39, 41),
    acquire('b', 5, 50, { busy: 4 }),
    hold('b', 50, 60, { how: 'lost', lossReason: 'not_owner' }),
    acquire('c', 10, 90, {
      busy: 9,
      versionMisses: 2,
      outcome: 'timeout',
      acquiredAt: undefined,
      attempts: 11,
    }),
    acquire('d', 95, 99, {
      outcome: 'unknown',
      complete: false,
      finished: false,
      acquiredAt: undefined,
      busy: 1,
    }),
    renewal('b', 55, 56),
    renewal('x', 57, 58, { outcome: 'lost', lossReason: 'not_found', countsAsLoss: true }),
    release('b', 70, 71, { outcome: 'refused' }),
    acquire('e', 100, 101, { takeover: true }),
  ])
  const [lock] = model.locks
  if (lock === undefined) throw new Error('no lock')
  const stats = statsOf(lock, extentOf(model) ?? [0, 1])

  test('count what the metrics count', () => {
    expect(stats).toMatchObject({
      acquires: 4,
      contended: 2,
      contendedShare: 0.5,
      busy: 14,
      misses: 2,
      timeouts: 1,
      losses: 2,
      takeovers: 1,
      refused: 1,
      releases: 2,
      renewals: 2,
      failedRenewals: 1,
      unfinished: 1,
    })
    expect(stats.retries).toBeCloseTo((4 + 10) / 4)
  })

  test('percentiles are nearest ranks', () => {
    expect(stats.wait).toMatchObject({ count: 4, p50: 1 * MS, p90: 80 * MS, max: 80 * MS, sum: 127 * MS })
    expect(stats.hold).toMatchObject({ count: 2, p50: 10 * MS, max: 39 * MS })
  })

  test('saturation is the share of the time that anybody held it, counted once', () => {
    expect(stats.saturation).toBeCloseTo(49 / 101)
    const two = modelOf([hold('a', 0, 60), hold('b', 40, 80), acquire('c', 0, 100)])
    const [both] = two.locks
    if (both === undefined) throw new Error('no lock')
    expect(statsOf(both, [0, 100 * MS]).saturation).toBeCloseTo(0.8)
  })

  test('a moment is no time', () => {
    expect(at(0)).toEqual([1_795_000_000, 0])
    expect(extentOf(new Model())).toBeUndefined()
  })
})
