import type { NodeFailure, Renewal } from '../operations/operation.js'
import type { TreeNode } from '../trees/node.js'

/**
 * Which nodes get no span because their trace has enough: the beginning and the end stay, and failed
 * renewals always do.
 *
 * @param room spans that the trace may still have
 * @returns undefined when all fit
 */
export function beyondBudget(
  ordered: readonly TreeNode[],
  room: number,
  failed: ReadonlyMap<TreeNode, NodeFailure>,
  renewals: ReadonlyMap<TreeNode, Renewal> | undefined,
): ReadonlySet<TreeNode> | undefined {
  if (ordered.length <= room) return undefined
  const skip = new Set<TreeNode>()
  const head = Math.ceil(Math.max(0, room) / 2)
  const tail = ordered.length - Math.floor(Math.max(0, room) / 2)
  for (let i = 0; i < ordered.length; i++) {
    if (i < head || i >= tail) continue
    const node = ordered[i] as TreeNode
    const renewal = renewals?.get(node)
    if (renewal !== undefined ? renewal.outcome !== 'renewed' : renewals === undefined && failed.has(node))
      continue
    skip.add(node)
  }
  return skip
}
