import type { Acquire, Hold, Lock, Owner } from './model.js'
import { isContended, waitEnd } from './stats.js'

/** How long one owner made another wait for a lock. */
export interface Blocking {
  readonly holder: Owner
  readonly waiter: Owner
  /** Nanoseconds of waiting while the holder held the lock. */
  total: number
  waits: number
  /** The longest stretch of one wait, and whose. */
  longest: number
  longestWait: Acquire
}

/** Who made whom wait. */
export interface BlockingReport {
  /** The most costly first. */
  readonly pairs: readonly Blocking[]
  /** Nanoseconds that waiters waited although nobody was seen to hold the lock: they slept between attempts. */
  readonly unattributed: number
  /** All waiting of contended acquires. */
  readonly waited: number
  readonly longestWait: Acquire | undefined
  /** Who held the lock for the longest part of the longest wait, and for how long of it. */
  readonly longestHolder: Owner | undefined
  readonly longestHeld: number
}

export function blockingOf(lock: Lock): BlockingReport {
  const pairs = new Map<Owner, Map<Owner, Blocking>>()
  const holds = new HoldIndex(lock.holds)
  let unattributed = 0
  let waited = 0
  let longestWait: Acquire | undefined
  for (const wait of lock.acquires) {
    if (!isContended(wait) || wait.reentrant) continue
    const end = waitEnd(wait)
    const length = end - wait.start
    waited += length
    if (longestWait === undefined || length > waitEnd(longestWait) - longestWait.start) longestWait = wait
    let rest = length
    for (const [holder, time] of blockersOf(wait, holds)) {
      rest -= time
      const row = pairs.get(holder) ?? new Map<Owner, Blocking>()
      pairs.set(holder, row)
      const known = row.get(wait.owner)
      if (known === undefined) {
        row.set(wait.owner, {
          holder,
          waiter: wait.owner,
          total: time,
          waits: 1,
          longest: time,
          longestWait: wait,
        })
        continue
      }
      known.total += time
      known.waits += 1
      if (time > known.longest) {
        known.longest = time
        known.longestWait = wait
      }
    }
    unattributed += Math.max(0, rest)
  }
  const [longest] =
    longestWait === undefined ? [] : [...blockersOf(longestWait, holds)].sort((a, b) => b[1] - a[1])
  return {
    pairs: [...pairs.values()].flatMap((row) => [...row.values()]).sort((a, b) => b.total - a.total),
    unattributed,
    waited,
    longestWait,
    longestHolder: longest?.[0],
    longestHeld: longest?.[1] ?? 0,
  }
}

/** Who held the lock during a wait, and for how long of it. */
export function blockersOf(wait: Acquire, holds: HoldIndex): Map<Owner, number> {
  const blockers = new Map<Owner, number>()
  const end = waitEnd(wait)
  let rest = end - wait.start
  for (const hold of holds.during(wait.start, end)) {
    if (hold.owner === wait.owner) continue
    const time = Math.min(end, hold.end) - Math.max(wait.start, hold.start)
    if (time <= 0) continue
    rest -= time
    blockers.set(hold.owner, (blockers.get(hold.owner) ?? 0) + time)
  }
  // A holder whose own events are not in the stream is known by what the waiter read in the lock's record.
  const unseen = wait.holders.find((holder) => holder !== wait.owner && !blockers.has(holder))
  if (unseen !== undefined && rest > 0 && holds.size === 0) blockers.set(unseen, rest)
  return blockers
}

/** Finds the holds that overlap an interval. */
export class HoldIndex {
  readonly #holds: readonly Hold[]
  /** The latest end of a hold and all before it. */
  readonly #latest: Float64Array

  /** @param holds by start */
  constructor(holds: readonly Hold[]) {
    this.#holds = holds
    this.#latest = new Float64Array(holds.length)
    let latest = Number.NEGATIVE_INFINITY
    holds.forEach((hold, index) => {
      latest = Math.max(latest, hold.end)
      this.#latest[index] = latest
    })
  }

  get size(): number {
    return this.#holds.length
  }

  *during(from: number, to: number): IterableIterator<Hold> {
    for (let index = this.#firstEndingAfter(from); index < this.#holds.length; index++) {
      const hold = this.#holds[index] as Hold
      if (hold.start >= to) return
      if (hold.end > from) yield hold
    }
  }

  #firstEndingAfter(time: number): number {
    let low = 0
    let high = this.#latest.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#latest[middle] as number) > time) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** The release (or other end of a hold) that let a waiter in. */
export interface Handover {
  readonly hold: Hold
  readonly wait: Acquire
}

/** For each wait that ended with the lock: the last hold of another owner that ended during it. */
export function handoversOf(lock: Lock): Handover[] {
  const ends = lock.holds.filter((hold) => hold.how !== 'held').sort((a, b) => a.end - b.end)
  const handovers: Handover[] = []
  for (const wait of lock.acquires) {
    const { acquiredAt } = wait
    if (acquiredAt === undefined || !isContended(wait) || wait.reentrant) continue
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((ends[middle] as Hold).end > acquiredAt) high = middle
      else low = middle + 1
    }
    for (let index = low - 1; index >= 0; index--) {
      const hold = ends[index] as Hold
      if (hold.end < wait.start) break
      if (hold.owner !== wait.owner) {
        handovers.push({ hold, wait })
        break
      }
    }
  }
  return handovers
}
