import { MAX_PARENTS, type TreeNode } from './node.js'
import type { Tree } from './tree.js'

/**
 * Takes the middle out of an overlong tree: the first half of the bound stays for ever, the newest half
 * stays for now. Works in batches, so that each event costs the same however long the tree grows.
 *
 * @returns how many nodes were dropped
 */
export function condense(tree: Tree, bound: number, onDrop: (node: TreeNode) => void): number {
  const pending = tree.pending
  const head = Math.ceil(bound / 2)
  const count = Math.max(1, Math.floor(bound / 4))
  const dropped = new Set<TreeNode>()
  const kept: TreeNode[] = []
  for (let i = head; i < pending.length && dropped.size < count; i++) {
    const node = pending[i] as TreeNode
    // The root and the watch dog's events are what later events hang from.
    if (node.id === tree.rootId || node.event?.watchDogId) kept.push(node)
    else dropped.add(node)
  }
  // All of them are to be kept: take the oldest of those, so that the bound holds.
  for (let i = 0; dropped.size < count && i < kept.length; i++) {
    const node = kept[i] as TreeNode
    if (node.id !== tree.rootId) dropped.add(node)
  }
  if (dropped.size === 0) return 0
  for (const node of dropped) {
    onDrop(node)
    tree.nodes.delete(node.id)
  }
  tree.pending = pending.filter((node) => !dropped.has(node))
  tree.condensed += dropped.size
  reparent(tree, dropped)
  return dropped.size
}

/** What hung from a dropped node hangs from the nearest ancestor that stayed, else from the root. */
function reparent(tree: Tree, dropped: ReadonlySet<TreeNode>): void {
  const byId = new Map<string, TreeNode>()
  for (const node of dropped) byId.set(node.id, node)
  for (const node of tree.pending) {
    let id = node.parentId
    if (id === undefined || !byId.has(id)) continue
    for (let depth = 0; id !== undefined && depth < MAX_PARENTS; depth++) {
      const gone = byId.get(id)
      if (gone === undefined) break
      id = gone.parentId ?? tree.rootId
    }
    node.adoptedBy = id ?? tree.rootId
  }
  for (const node of dropped) {
    node.event = undefined
  }
}
