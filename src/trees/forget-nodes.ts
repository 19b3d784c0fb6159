import type { TreeNode } from './node.js'
import type { Tree } from './tree.js'

/**
 * Exported events of one tree that are remembered, the newest ones: some 36 renewals of a held lock. What comes late,
 * or a second time, comes within minutes; a lock can be held for months.
 */
const KEPT = 256
/** So many more may gather before they are gone through: each event then costs the same however long a lock is held. */
const SLACK = 128

/** Forgets the oldest exported events of a tree, but for those that later ones hang from. */
export function forgetNodes(tree: Tree): void {
  // What waits for its export may hang from any of them; its turn comes first.
  if (tree.nodes.size <= KEPT + SLACK || tree.pending.length > 0) return
  const nodes = [...tree.nodes.values()]
  const kept = new Set<TreeNode>()
  for (let at = Math.max(0, nodes.length - KEPT); at < nodes.length; at++) {
    let node = nodes[at]
    while (node !== undefined && !kept.has(node)) {
      kept.add(node)
      node = node.parent
    }
  }
  for (const node of nodes) {
    const spent = node.event === undefined && !node.grown && node.id !== tree.rootId
    if (spent && !kept.has(node)) tree.nodes.delete(node.id)
  }
}
