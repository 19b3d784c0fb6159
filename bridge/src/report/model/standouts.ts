import { blockersOf, HoldIndex } from './blocking.js'
import { duration, plural, shortId } from './format.js'
import type { Acquire, AnyItem, Hold, Lock, Owner } from './model.js'
import { isContended, waitEnd } from './stats.js'

/** Why a place is worth looking at. */
export type StandoutKind =
  | 'lost-lease'
  | 'outlived-lease'
  | 'two-holders'
  | 'refused-unlock'
  | 'failed-acquires'
  | 'longest-wait'
  | 'longest-hold'
  | 'starved'
  | 'herd'
  | 'unfinished'

/** Something in the stream that stands out, and where it is. */
export interface Standout {
  readonly kind: StandoutKind
  /** `bad`: a lock may not have been exclusive. `warn`: somebody was let down. `note`: worth a look. */
  readonly severity: 'bad' | 'warn' | 'note'
  readonly title: string
  readonly detail: string
  readonly lock: Lock
  readonly owner: Owner | undefined
  readonly item: AnyItem | undefined
  readonly from: number
  readonly to: number
  /** How many more of its kind there are. */
  more: number
}

/** Owners that try within so many nanoseconds try at once. */
const AT_ONCE = 10e6
/** Fewer than this many owners are no herd. */
const HERD = 5
/** A waiter that was overtaken fewer times is not starved. */
const OVERTAKEN = 3
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

/** The few things worth looking at first; the gravest first, one of each kind. */
export function standoutsOf(locks: readonly Lock[]): Standout[] {
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
    for (const hold of lock.holds) holdStandouts(hold, place(hold), offer)
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
    for (const acquire of lock.acquires) acquireStandouts(acquire, holds, place(acquire), offer)
    starved(lock, offer)
    herd(lock, offer)
  }
  const several = new Set<StandoutKind>(['longest-wait', 'longest-hold', 'herd'])
  return [...worst.values()]
    .map(({ standout, count }) => ({ ...standout, more: several.has(standout.kind) ? 0 : count - 1 }))
    .sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
}

type Offer = (weight: number, standout: Omit<Standout, 'more'>) => void
type Place = Pick<Standout, 'lock' | 'owner' | 'item' | 'from' | 'to'>

function name(owner: Owner | undefined): string {
  return owner === undefined || owner.id === '' ? 'an unnamed owner' : shortId(owner.name)
}

function lockName(lock: Lock): string {
  return shortId(lock.name, 64)
}

function reasonText(reason: string): string {
  if (reason === 'not_owner') return 'somebody else owned the lock'
  if (reason === 'not_found') return 'the lock was not there any more'
  return 'its lease ended'
}

function holdStandouts(hold: Hold, place: Place, offer: Offer): void {
  const length = hold.end - hold.start
  if (hold.how !== 'held') {
    offer(length, {
      kind: 'longest-hold',
      severity: 'note',
      title: `The longest hold: ${duration(length)}`,
      detail: `${name(hold.owner)} held ${lockName(hold.lock)}`,
      ...place,
    })
  }
  if (hold.how === 'lost') {
    offer(length, {
      kind: 'lost-lease',
      severity: 'bad',
      title: 'A lease was lost while the lock was held',
      detail: `${name(hold.owner)} had held it for ${duration(length)} when ${reasonText(hold.reason)}`,
      ...place,
    })
  } else if (hold.how === 'expired' || (hold.lease !== undefined && hold.lease < hold.end)) {
    const after = Math.max(0, hold.end - (hold.lease ?? hold.end))
    const late =
      hold.how === 'expired' ? 'it never let go of it in time' : `it let go ${duration(after)} later`
    offer(after, {
      kind: 'outlived-lease',
      severity: 'bad',
      title: 'A holder outlived its lease',
      detail: `the lease of ${name(hold.owner)} ended after ${duration((hold.lease ?? hold.end) - hold.start)}, and ${late}`,
      ...place,
    })
  } else if (hold.how === 'held') {
    offer(length, {
      kind: 'unfinished',
      severity: 'warn',
      title: `A lock is held still, for ${duration(length)}`,
      detail: `${name(hold.owner)} has not let go of ${lockName(hold.lock)} where the stream ends`,
      ...place,
    })
  }
}

function acquireStandouts(acquire: Acquire, holds: HoldIndex, place: Place, offer: Offer): void {
  const length = waitEnd(acquire) - acquire.start
  if (acquire.outcome === 'timeout' || acquire.outcome === 'error') {
    const how = acquire.outcome === 'timeout' ? 'gave up' : `failed (${acquire.error})`
    offer(length, {
      kind: 'failed-acquires',
      severity: 'warn',
      title: acquire.outcome === 'timeout' ? 'An acquire timed out' : 'An acquire failed',
      detail: `${name(acquire.owner)} ${how} after ${duration(length)} and ${plural(acquire.attempts, 'attempt')}`,
      ...place,
    })
  }
  if (acquire.outcome === 'unknown' && !acquire.finished) {
    offer(length, {
      kind: 'unfinished',
      severity: 'warn',
      title: `An acquire has no end yet, after ${duration(length)}`,
      detail: `${name(acquire.owner)} is waiting where its events end`,
      ...place,
    })
  }
  if (!isContended(acquire)) return
  offer(length, {
    kind: 'longest-wait',
    severity: 'note',
    title: `The longest wait: ${duration(length)}`,
    get detail() {
      const [blocker] = [...blockersOf(acquire, holds)].sort((a, b) => b[1] - a[1])
      const whom = blocker === undefined ? '' : `, ${duration(blocker[1])} of it for ${name(blocker[0])}`
      return `${name(acquire.owner)} tried ${plural(acquire.attempts, 'time')}${whom}`
    },
    ...place,
  })
}

/** Two owners that held the lock at the same time. */
function twoHolders(lock: Lock, offer: Offer): void {
  let longest: Hold | undefined
  for (const hold of lock.holds) {
    if (longest !== undefined && longest.owner !== hold.owner && hold.start < longest.end) {
      const to = Math.min(longest.end, hold.end)
      offer(to - hold.start, {
        kind: 'two-holders',
        severity: 'bad',
        title: `Two owners held the lock at once, for ${duration(to - hold.start)}`,
        detail: `${name(longest.owner)} and ${name(hold.owner)}`,
        lock,
        owner: hold.owner,
        item: hold,
        from: hold.start,
        to,
      })
    }
    if (longest === undefined || hold.end > longest.end) longest = hold
  }
}

/** Waits during which the lock went to others who had begun to wait later. */
function starved(lock: Lock, offer: Offer): void {
  const got = lock.acquires
    .filter((acquire) => acquire.acquiredAt !== undefined && !acquire.reentrant)
    .sort((a, b) => waitEnd(a) - waitEnd(b))
  const times = got.map(waitEnd)
  for (const wait of lock.acquires) {
    if (!isContended(wait)) continue
    const end = waitEnd(wait)
    let overtaken = 0
    let changes = 0
    for (let index = firstAfter(times, wait.start); index < got.length; index++) {
      const other = got[index] as Acquire
      if (waitEnd(other) >= end) break
      changes += 1
      if (other !== wait && other.start > wait.start) overtaken += 1
    }
    if (overtaken < OVERTAKEN) continue
    offer(overtaken, {
      kind: 'starved',
      severity: 'warn',
      title: `A waiter was overtaken ${plural(overtaken, 'time')}`,
      detail: `${name(wait.owner)} waited ${duration(end - wait.start)} while the lock changed hands ${plural(changes, 'time')}`,
      lock,
      owner: wait.owner,
      item: wait,
      from: wait.start,
      to: end,
    })
  }
}

function firstAfter(times: readonly number[], time: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] as number) > time) high = middle
    else low = middle + 1
  }
  return low
}

/** The moment when most owners tried at once. */
function herd(lock: Lock, offer: Offer): void {
  const tries = lock.acquires
    .filter(isContended)
    .flatMap((wait) => wait.tries.map((at) => ({ at, owner: wait.owner })))
    .sort((a, b) => a.at - b.at)
  const inside = new Map<Owner, number>()
  let first = 0
  let best = { owners: 0, tries: 0, from: 0, to: 0 }
  for (const [index, { at, owner }] of tries.entries()) {
    inside.set(owner, (inside.get(owner) ?? 0) + 1)
    for (; (tries[first] as { at: number }).at < at - AT_ONCE; first++) {
      const gone = (tries[first] as { owner: Owner }).owner
      const left = (inside.get(gone) ?? 1) - 1
      if (left === 0) inside.delete(gone)
      else inside.set(gone, left)
    }
    const count = index - first + 1
    if (inside.size > best.owners || (inside.size === best.owners && count > best.tries)) {
      best = { owners: inside.size, tries: count, from: (tries[first] as { at: number }).at, to: at }
    }
  }
  if (best.owners < HERD) return
  offer(best.owners * 1e6 + best.tries, {
    kind: 'herd',
    severity: 'note',
    title: `A herd: ${best.owners} owners tried at once`,
    detail: `${plural(best.tries, 'attempt')} on ${lockName(lock)} within ${duration(best.to - best.from)}`,
    lock,
    owner: undefined,
    item: undefined,
    from: best.from,
    to: best.to,
  })
}
