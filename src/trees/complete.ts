import { MAX_PARENTS, type TreeNode } from './node.js'
import type { Tree } from './tree.js'

/**
 * Splits what waits for export while the tree goes on: a renewal's parts come before the renewal itself, and
 * a part whose parent is still to come waits for it.
 *
 * @returns the nodes whose parents are known, all the way up, and the others
 */
export function complete(tree: Tree): { readonly ready: TreeNode[]; readonly early: TreeNode[] } {
  const ready: TreeNode[] = []
  const early: TreeNode[] = []
  for (const node of tree.pending) (hasParents(tree, node) ? ready : early).push(node)
  return { ready, early }
}

function hasParents(tree: Tree, node: TreeNode): boolean {
  let at = node
  // A circle of parents is for assemble() to cut.
  for (let depth = 0; depth < MAX_PARENTS; depth++) {
    if (at.exported || at.id === tree.rootId) return true
    const id = at.parentId
    if (id === undefined) return true
    const parent = tree.nodes.get(id)
    if (parent === undefined) return id === tree.rootId
    at = parent
  }
  return true
}
