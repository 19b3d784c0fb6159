import type { HrTime } from '@opentelemetry/api'
import { isBefore } from './moments.js'
import type { Tree } from './tree.js'

/**
 * Calls that ended earlier first, so that a hold is known before its release and a holder before those who
 * waited for it, whatever line came first. Calls that never ended come last.
 */
export function byEnd(a: Tree, b: Tree): number {
  if (a.finishTime !== undefined && b.finishTime !== undefined) return order(a.finishTime, b.finishTime)
  if (a.finishTime !== undefined) return -1
  return b.finishTime !== undefined ? 1 : order(a.firstStart, b.firstStart)
}

/** The same the other way round. */
export function byEndDescending(a: Tree, b: Tree): number {
  return byEnd(b, a)
}

/** Whether something waits that began after the tree's operation. */
export function hasLater({ finishTime, pending }: Tree): boolean {
  if (finishTime === undefined) return false
  return pending.some(({ start }) => start !== undefined && isBefore(finishTime, start))
}

function order(a: HrTime, b: HrTime): number {
  return isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0
}
