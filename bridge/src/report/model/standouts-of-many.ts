import { duration, plural } from './format.js'
import type { Acquire, Hold, Lock, Owner } from './model.js'
import { lockName, name, type Offer } from './standout.js'
import { isContended, waitEnd } from './stats.js'

/** Owners that try within so many nanoseconds try at once. */
const AT_ONCE = 10e6
/** The clocks of two machines may differ by so many nanoseconds. */
const SKEW = 100e6
/** Fewer than this many owners are no herd. */
const HERD = 5
/** A waiter that was overtaken fewer times is not starved. */
const OVERTAKEN = 3

/** Two owners that held the lock at the same time. */
export function twoHolders(lock: Lock, offer: Offer): void {
  let longest: Hold | undefined
  for (const hold of lock.holds) {
    if (longest !== undefined && longest.owner !== hold.owner && hold.start < heldUntil(longest)) {
      const to = Math.min(longest.end, hold.end)
      offer(to - hold.start, {
        kind: 'two-holders',
        severity: 'bad',
        title: `Two owners held the lock at once, for ${duration(to - hold.start)}`,
        detail: `${name(longest.owner)} and ${name(hold.owner)}${to - hold.start < SKEW ? ', if their clocks agree' : ''}`,
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

/** Until when a hold excludes others for sure: while it is released, the storage may have let go already. */
function heldUntil(hold: Hold): number {
  if (hold.how !== 'released') return hold.end
  const release = hold.lock.releases.find(
    ({ owner, start, end }) => owner === hold.owner && start <= hold.end && end >= hold.end,
  )
  return release === undefined ? hold.end : Math.max(hold.start, release.start)
}

/** Waits during which the lock went to others who had begun to wait later. */
export function starved(lock: Lock, offer: Offer): void {
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
export function herd(lock: Lock, offer: Offer): void {
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
