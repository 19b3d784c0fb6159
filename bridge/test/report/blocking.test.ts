import { describe, expect, test } from 'vitest'
import { blockingOf, handoversOf } from '../../src/report/model/blocking.js'
import type { Lock } from '../../src/report/model/model.js'
import type { StandoutKind } from '../../src/report/model/standout.js'
import { standoutsOf } from '../../src/report/model/standouts.js'
import { acquire, at, hold, modelOf, release, renewal } from './facts.js'

const MS = 1e6

function lockOf(...given: Parameters<typeof modelOf>): Lock {
  const [lock] = modelOf(...given).locks
  if (lock === undefined) throw new Error('no lock')
  return lock
}

const kinds = (lock: Lock): StandoutKind[] => standoutsOf([lock]).map((each) => each.kind)

describe('who blocked whom', () => {
  test('a wait is the fault of those who held the lock meanwhile, each for their part', () => {
    const lock = lockOf([hold('a', 0, 10), hold('b', 12, 20), acquire('w', 4, 21, { busy: 5 })])
    const report = blockingOf(lock)
    expect(report.pairs.map((pair) => [pair.holder.id, pair.waiter.id, pair.total / MS])).toEqual([
      ['b', 'w', 8],
      ['a', 'w', 6],
    ])
    expect(report.waited).toBe(17 * MS)
    // 10 to 12, and 20 to 21: the waiter slept.
    expect(report.unattributed).toBe(3 * MS)
    expect(report.longestHolder?.id).toBe('b')
  })

  test('one who did not wait was not blocked, though the times touch', () => {
    expect(blockingOf(lockOf([hold('a', 0, 10), acquire('w', 5, 11)])).pairs).toEqual([])
  })

  test('nobody blocks themselves', () => {
    const report = blockingOf(lockOf([hold('w', 0, 10), acquire('w', 5, 12, { busy: 2 })]))
    expect(report.pairs).toEqual([])
  })

  test('a holder that only the waiters saw is named all the same', () => {
    const lock = lockOf([
      acquire('w', 0, 10, { busy: 2, holders: [{ ownerId: 'elsewhere', since: at(-5) }] }),
    ])
    expect(blockingOf(lock).pairs.map((pair) => [pair.holder.id, pair.total / MS])).toEqual([
      ['elsewhere', 10],
    ])
  })

  test('the longest single wait and its holder', () => {
    const lock = lockOf([
      hold('a', 0, 30),
      acquire('v', 1, 31, { busy: 1 }),
      hold('v', 31, 33),
      acquire('w', 2, 34, { busy: 9 }),
    ])
    const report = blockingOf(lock)
    expect(report.longestWait?.owner.id).toBe('w')
    expect([report.longestHolder?.id, report.longestHeld / MS]).toEqual(['a', 28])
  })
})

describe('handovers', () => {
  test('a waiter is let in by the last hold that ended during its wait', () => {
    const lock = lockOf([
      hold('a', 0, 10),
      hold('b', 11, 20),
      hold('c', 21, 40),
      acquire('w', 4, 20.5, { busy: 5 }),
      acquire('v', 41, 42),
    ])
    expect(handoversOf(lock).map(({ hold: from, wait }) => [from.owner.id, wait.owner.id])).toEqual([
      ['b', 'w'],
    ])
  })

  test('nobody is let in by a hold that ended before they came, or that goes on', () => {
    const lock = lockOf(
      [hold('a', 0, 10), acquire('w', 11, 15, { busy: 1 })],
      [hold('b', 12, 14, { how: 'held' })],
    )
    expect(handoversOf(lock)).toEqual([])
  })
})

describe('what stands out', () => {
  test('nothing, where nobody waited and all went well', () => {
    expect(kinds(lockOf([acquire('a', 0, 1), release('a', 5, 6)]))).toEqual([])
  })

  test('the longest wait and hold, with who and for whom', () => {
    const lock = lockOf([hold('a', 0, 50), acquire('w', 10, 51, { busy: 7 }), hold('w', 51, 52)])
    const [wait, longest] = standoutsOf([lock])
    expect(wait).toMatchObject({ kind: 'longest-wait', title: 'The longest wait: 41 ms' })
    expect(wait?.detail).toBe('w tried 8 times, 40 ms of it for a')
    expect(longest).toMatchObject({ kind: 'longest-hold', title: 'The longest hold: 50 ms' })
  })

  test.each([
    ['a lost lease', [hold('a', 0, 50, { how: 'lost', lossReason: 'not_owner' })], 'lost-lease'],
    [
      'a renewal that found the lease gone',
      [renewal('a', 0, 1, { outcome: 'lost', lossReason: 'not_found', countsAsLoss: true })],
      'lost-lease',
    ],
    [
      'a lease that ran out',
      [hold('a', 0, 50, { how: 'expired', lossReason: 'expired', leaseExpireTime: at(50) })],
      'outlived-lease',
    ],
    [
      'a release after the end of the lease',
      [hold('a', 0, 50, { leaseExpireTime: at(30) })],
      'outlived-lease',
    ],
    ['an unlock that was refused', [release('a', 0, 1, { outcome: 'refused' })], 'refused-unlock'],
    [
      'an acquire that timed out',
      [acquire('a', 0, 50, { outcome: 'timeout', busy: 3, acquiredAt: undefined })],
      'failed-acquires',
    ],
    [
      'an acquire without an end',
      [acquire('a', 0, 5, { outcome: 'unknown', complete: false, finished: false, acquiredAt: undefined })],
      'unfinished',
    ],
    ['two who held it at once', [hold('a', 0, 50), hold('b', 40, 60)], 'two-holders'],
  ] as const)('%s', (_, facts, kind) => {
    expect(kinds(lockOf(facts))).toContain(kind)
  })

  test('a hold that goes on', () => {
    const [first] = standoutsOf([lockOf([], [hold('a', 0, 90, { how: 'held', seq: 0 })])])
    expect(first).toMatchObject({ kind: 'unfinished', title: 'A lock is held still, for 90 ms' })
  })

  test('who comes while another lets go holds it alone', () => {
    const first = [hold('a', 0, 50), release('a', 44, 51)]
    expect(kinds(lockOf([...first, hold('b', 47, 60)]))).not.toContain('two-holders')
    const two = standoutsOf([lockOf([...first, hold('b', 40, 60)])])[0]
    expect(two).toMatchObject({ kind: 'two-holders', detail: 'a and b, if their clocks agree' })
    // A later hold of the same owner is no excuse for this one.
    const lost = hold('a', 0, 50, { how: 'lost', lossReason: 'not_owner' })
    expect(kinds(lockOf([lost, release('a', 44, 51), hold('b', 47, 60)]))).toContain('two-holders')
  })

  test('a hold that went on past its lease has not let go', () => {
    const lock = lockOf([], [hold('a', 0, 90, { how: 'held', seq: 0, leaseExpireTime: at(60) })])
    expect(standoutsOf([lock])[0]).toMatchObject({
      kind: 'outlived-lease',
      detail: 'the lease of a ended after 60 ms, and it holds it still, 30 ms later',
    })
  })

  test('while more is to come, what goes on stands out once it takes longer than all that ended', () => {
    const still = (end: number) =>
      lockOf([hold('b', 0, 2000)], [hold('a', 2500, end, { how: 'held', seq: 0 })])
    const live = (lock: Lock) => standoutsOf([lock], true).map((each) => each.kind)
    expect(live(still(2600))).not.toContain('unfinished')
    expect(live(still(4600))).toContain('unfinished')
    expect(kinds(still(2600))).toContain('unfinished')
    const waiting = (end: number) =>
      lockOf([
        acquire('b', 0, 1500, { busy: 1 }),
        acquire('a', 0, end, { outcome: 'unknown', finished: false, complete: false, acquiredAt: undefined }),
      ])
    expect(live(waiting(1400))).not.toContain('unfinished')
    expect(live(waiting(1600))).toContain('unfinished')
  })

  test('a waiter that others overtook, though the lock changed hands', () => {
    const others = [20, 30, 40].map((start, index) => acquire(`o${index}`, start, start + 5))
    const lock = lockOf([acquire('w', 0, 60, { busy: 9 }), ...others])
    const starved = standoutsOf([lock]).find((each) => each.kind === 'starved')
    expect(starved).toMatchObject({ title: 'A waiter was overtaken 3 times' })
    expect(starved?.owner?.id).toBe('w')
    // Those who had waited for longer overtake nobody.
    const queue = [20, 30, 40].map((end, index) => acquire(`o${index}`, -5, end, { busy: 1 }))
    expect(kinds(lockOf([acquire('w', 0, 60, { busy: 9 }), ...queue]))).not.toContain('starved')
  })

  test('many owners that try at once', () => {
    const herd = ['a', 'b', 'c', 'd', 'e', 'f'].map((owner, index) =>
      acquire(owner, index, 100 + index, { busy: 1 }),
    )
    const found = standoutsOf([lockOf(herd)]).find((each) => each.kind === 'herd')
    expect(found?.title).toBe('A herd: 6 owners tried at once')
    const apart = herd.map((fact, index) =>
      acquire(fact.ownerId, index * 1000, index * 1000 + 100, { busy: 1 }),
    )
    expect(kinds(lockOf(apart))).not.toContain('herd')
  })

  test('one of each kind, the gravest first, saying how many more there are', () => {
    const lock = lockOf([
      acquire('w', 10, 51, { busy: 7 }),
      release('a', 0, 1, { outcome: 'refused' }),
      release('b', 2, 3, { outcome: 'refused' }),
    ])
    const found = standoutsOf([lock])
    expect(found.map((each) => [each.kind, each.more])).toEqual([
      ['refused-unlock', 1],
      ['longest-wait', 0],
    ])
    expect(found[0]?.owner?.id).toBe('b')
  })
})
