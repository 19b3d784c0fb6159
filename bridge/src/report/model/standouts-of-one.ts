import { blockersOf, type HoldIndex } from './blocking.js'
import { duration, plural } from './format.js'
import type { Acquire, Hold, Lock } from './model.js'
import { lockName, name, type Offer, type Place } from './standout.js'
import { isContended, waitEnd } from './stats.js'

/** On a live page nothing that goes on stands out before so many nanoseconds. */
const BRIEF = 1e9

export function reasonText(reason: string): string {
  if (reason === 'not_owner') return 'somebody else owned the lock'
  if (reason === 'not_found') return 'the lock was not there any more'
  return 'its lease ended'
}

/** On a live page, how long what goes on may take before it stands out. */
export function patienceWith(lock: Lock): { readonly hold: number; readonly wait: number } {
  let hold = BRIEF
  let wait = BRIEF
  for (const { how, start, end } of lock.holds) if (how !== 'held') hold = Math.max(hold, end - start)
  for (const acquire of lock.acquires) {
    if (acquire.finished) wait = Math.max(wait, waitEnd(acquire) - acquire.start)
  }
  return { hold, wait }
}

/** @param patience of a live page */
export function holdStandouts(hold: Hold, place: Place, offer: Offer, patience: number | undefined): void {
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
    const late = {
      expired: 'it never let go of it in time',
      held: `it holds it still, ${duration(after)} later`,
    }[hold.how as string]
    offer(after, {
      kind: 'outlived-lease',
      severity: 'bad',
      title: 'A holder outlived its lease',
      detail: `the lease of ${name(hold.owner)} ended after ${duration((hold.lease ?? hold.end) - hold.start)}, and ${late ?? `it let go ${duration(after)} later`}`,
      ...place,
    })
  } else if (hold.how === 'held' && length > (patience ?? -1)) {
    offer(length, {
      kind: 'unfinished',
      severity: 'warn',
      title: `A lock is held still, for ${duration(length)}`,
      detail: `${name(hold.owner)} has not let go of ${lockName(hold.lock)} ${patience === undefined ? 'where the stream ends' : 'yet'}`,
      ...place,
    })
  }
}

/** @param patience of a live page */
export function acquireStandouts(
  acquire: Acquire,
  holds: HoldIndex,
  place: Place,
  offer: Offer,
  patience: number | undefined,
): void {
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
  if (acquire.outcome === 'unknown' && !acquire.finished && length > (patience ?? -1)) {
    offer(length, {
      kind: 'unfinished',
      severity: 'warn',
      title: `An acquire has no end yet, after ${duration(length)}`,
      detail: `${name(acquire.owner)} is waiting ${patience === undefined ? 'where its events end' : 'still'}`,
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
