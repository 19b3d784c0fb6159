import type { NodeFailure, Renewal } from '../operations/operation.js'
import { Role, roleOfNode } from '../operations/roles.js'
import { isBefore } from '../trees/moments.js'
import type { TreeNode } from '../trees/node.js'

/**
 * A failure shows on the whole path from the event it happened in up to the operation. An error in an event
 * of the user's own shows on that event alone: nothing says that the operation failed with it.
 */
export function withPath(
  failures: ReadonlyMap<TreeNode, NodeFailure>,
  renewals: ReadonlyMap<TreeNode, Renewal> | undefined,
): ReadonlyMap<TreeNode, NodeFailure> {
  if (failures.size === 0) return failures
  const all = new Map(failures)
  for (const [node, failure] of [...failures].sort(byStart)) {
    if (roleOfNode(node) === Role.Unknown) continue
    for (let above = node.parent; above !== undefined && !above.exported; above = above.parent) {
      if (all.has(above) || renewals?.has(above) === true) break
      all.set(above, failure)
    }
  }
  return all
}

/** The first failure is the one that the events above show, whatever line came first. */
function byStart([a]: [TreeNode, NodeFailure], [b]: [TreeNode, NodeFailure]): number {
  if (a.from !== undefined && b.from !== undefined) {
    if (isBefore(a.from, b.from)) return -1
    if (isBefore(b.from, a.from)) return 1
  }
  return a.id < b.id ? -1 : 1
}
