import { HoldIndex } from './blocking.js'
import type { AnyItem, Lock } from './model.js'
import { name, type Standout, type StandoutKind } from './standout.js'
import { herd, starved, twoHolders } from './standouts-of-many.js'
import { acquireStandouts, holdStandouts, patienceWith, reasonText } from './standouts-of-one.js'

/** The gravest first. */
const ORDER: readonly StandoutKind[] = [
  'two-holders',
  'lost-lease',
  'outlived-lease',
  'refused-unlock',
  'failed-acquires',
  'unfinished',
  'starved',
  'longest-wait',
  'longest-hold',
  'herd',
]

/**
 * The few things worth looking at first; the gravest first, one of each kind.
 *
 * @param live whether more is to come: then what has no end yet is nothing special until it takes longer than
 * any that ended
 */
export function standoutsOf(locks: readonly Lock[], live = false): Standout[] {
  const worst = new Map<StandoutKind, { standout: Standout; weight: number; count: number }>()
  const offer = (weight: number, standout: Omit<Standout, 'more'>): void => {
    const known = worst.get(standout.kind)
    if (known === undefined) {
      worst.set(standout.kind, { standout: { ...standout, more: 0 }, weight, count: 1 })
      return
    }
    known.count += 1
    if (weight <= known.weight) return
    known.weight = weight
    known.standout = { ...standout, more: 0 }
  }
  for (const lock of locks) {
    const holds = new HoldIndex(lock.holds)
    const place = (item: AnyItem) => ({ lock, owner: item.owner, item, from: item.start, to: item.end })
    const patience = live ? patienceWith(lock) : undefined
    for (const hold of lock.holds) holdStandouts(hold, place(hold), offer, patience?.hold)
    twoHolders(lock, offer)
    for (const renewal of lock.renewals) {
      if (!renewal.countsAsLoss) continue
      offer(0, {
        kind: 'lost-lease',
        severity: 'bad',
        title: 'A renewal found the lease gone',
        detail: `${reasonText(renewal.reason)}; the watch dog of ${name(renewal.owner)} gave up`,
        ...place(renewal),
      })
    }
    for (const release of lock.releases) {
      if (release.outcome !== 'refused') continue
      offer(release.start, {
        kind: 'refused-unlock',
        severity: 'bad',
        title: 'An unlock was refused',
        detail: `${name(release.owner)} let go of a lock that was not its own any more`,
        ...place(release),
      })
    }
    for (const acquire of lock.acquires) {
      acquireStandouts(acquire, holds, place(acquire), offer, patience?.wait)
    }
    starved(lock, offer)
    herd(lock, offer)
  }
  const several = new Set<StandoutKind>(['longest-wait', 'longest-hold', 'herd'])
  return [...worst.values()]
    .map(({ standout, count }) => ({ ...standout, more: several.has(standout.kind) ? 0 : count - 1 }))
    .sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
}
