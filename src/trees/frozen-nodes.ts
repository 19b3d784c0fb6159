import { TreeNode } from './node.js'

/** More nodes than this are kept as they are: what is small is what there is much of. */
const FROZEN_AT_MOST = 64
/** Places for each node: id, what the consumer keeps, and its count of actions with whether it was published. */
const PLACES = 3

/**
 * The exported nodes of a tree of which no more is expected, in one flat array. Thousands of such trees are
 * remembered, so that what comes late finds its place; as nodes in a map they would be most of the memory.
 */
export type FrozenNodes = readonly unknown[]

/** @returns undefined where a node is still at work */
export function freezeNodes(nodes: ReadonlyMap<string, TreeNode>): FrozenNodes | undefined {
  if (nodes.size > FROZEN_AT_MOST) return undefined
  const frozen = new Array<unknown>(nodes.size * PLACES)
  let at = 0
  for (const node of nodes.values()) {
    if (!node.exported || node.grown || node.event !== undefined) return undefined
    frozen[at] = node.id
    frozen[at + 1] = node.handle
    frozen[at + 2] = node.published ? node.actionCount : -1
    at += PLACES
  }
  return frozen
}

/** The nodes again, as they were but for their places among each other, which an exported node has no use for. */
export function thawNodes(frozen: FrozenNodes): Map<string, TreeNode> {
  const nodes = new Map<string, TreeNode>()
  for (let at = 0; at < frozen.length; at += PLACES) {
    const count = frozen[at + 2] as number
    const node = new TreeNode(frozen[at] as string, undefined, Math.max(0, count))
    node.published = count >= 0
    node.handle = frozen[at + 1]
    node.spend()
    nodes.set(node.id, node)
  }
  return nodes
}
