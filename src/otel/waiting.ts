import type { HrTime } from '@opentelemetry/api'
import { EventType } from '../events/index.js'
import { Role, roleOf } from '../operations/roles.js'
import { isBefore, usable } from '../trees/moments.js'
import type { Tree } from '../trees/tree.js'

/** Attempts are looked for among so many of the newest events of a wait. */
const LOOKED_AT = 512

/** A call of Lock whose outcome is not known yet. */
export interface WaitingAcquire {
  /** The id of its root event. */
  readonly rootId: string
  /** The lock; empty where the events named none. */
  readonly lockId: string
  /** Who waits; empty where the events named nobody. */
  readonly ownerId: string
  /** The storage that keeps the lock. */
  readonly storageName: string
  /** When it began. */
  readonly start: HrTime
  /** When its newest attempts began, oldest first. */
  readonly triedAt: readonly HrTime[]
}

/** Whether a tree is a call of Lock whose result is not known yet. */
export function isWaiting(tree: Tree): boolean {
  if (tree.eventType !== EventType.Lock || tree.exported || tree.decided) return false
  const root = tree.nodes.get(tree.rootId)?.event
  // A tree whose first line was lost is one all the same; but not the watch dog of a forgotten one.
  if (root === undefined) return tree.pending[0]?.event?.watchDogId === ''
  return roleOf(root.actions[0]?.name ?? '') === Role.LockBegin && usable(root.startTime) !== undefined
}

export function describeWaiting(tree: Tree): WaitingAcquire {
  const { rootId, lockId, ownerId, storageName, firstStart } = tree
  const triedAt: HrTime[] = []
  for (const node of tree.pending.slice(-LOOKED_AT)) {
    const first = node.event?.actions[0]
    const at = usable(first?.startTime)
    if (at !== undefined && roleOf(first?.name ?? '') === Role.Try) triedAt.push(at)
  }
  triedAt.sort((a, b) => (isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0))
  return { rootId, lockId, ownerId, storageName, start: firstStart, triedAt }
}
