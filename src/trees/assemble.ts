import type { HrTime } from '@opentelemetry/api'
import { isBefore, usable } from './moments.js'
import { MAX_PARENTS, type TreeNode } from './node.js'
import type { Tree } from './tree.js'

/**
 * Links the given nodes of a tree to their parents and works out their intervals.
 *
 * - A parent that was never published becomes a node of its own; it hangs from the parent that
 *   `event.parent` tells, else from the root.
 * - A chain of parents that runs in a circle is cut at the node that began first.
 * - A node's interval covers its event, its actions and its children; what began after `finishTime` never
 *   stretches a node that began before it.
 *
 * @returns the nodes to export, parents before children, the unpublished ones included
 */
export function assemble(tree: Tree, nodes: readonly TreeNode[], finishTime: HrTime | undefined): TreeNode[] {
  const root = tree.ensureNode(tree.rootId)
  const members = nodes.slice()
  if (!root.exported && !members.includes(root)) members.push(root)
  // members grows while unpublished parents are found.
  for (let i = 0; i < members.length; i++) {
    const node = members[i] as TreeNode
    node.firstChild = undefined
    node.nextSibling = undefined
    if (node !== root) node.parent = parentOf(tree, node, root, members)
  }
  const tops: TreeNode[] = []
  for (let i = members.length - 1; i >= 0; i--) {
    const node = members[i] as TreeNode
    const parent = node.parent
    if (node === root || parent === undefined || parent.exported) {
      tops.push(node)
    } else {
      node.nextSibling = parent.firstChild
      parent.firstChild = node
    }
  }
  const ordered = inPreorder(tops)
  if (ordered.length < members.length) cutCircles(root, members, ordered)
  for (let i = ordered.length - 1; i >= 0; i--) {
    setInterval(ordered[i] as TreeNode, finishTime, tree.firstStart)
  }
  return ordered
}

function parentOf(tree: Tree, node: TreeNode, root: TreeNode, members: TreeNode[]): TreeNode {
  const event = node.event
  if (event === undefined) return node.parent ?? root
  const id = node.parentId
  if (id === undefined || id === node.id) return root
  let parent = tree.nodes.get(id)
  if (parent !== undefined) return parent
  // Never published. In process, the parents above it are known; else it hangs from the root.
  parent = tree.ensureNode(id)
  members.push(parent)
  let child = parent
  let above = event.parent?.id === id ? event.parent.parent : undefined
  for (let depth = 0; above !== undefined && depth < MAX_PARENTS; depth++) {
    const known = tree.nodes.get(above.id)
    if (known !== undefined) {
      child.parent = known
      return parent
    }
    const placeholder = tree.ensureNode(above.id)
    members.push(placeholder)
    child.parent = placeholder
    child = placeholder
    above = above.parent
  }
  child.parent = root
  return parent
}

function inPreorder(tops: readonly TreeNode[]): TreeNode[] {
  const ordered: TreeNode[] = []
  const stack: TreeNode[] = []
  for (const top of tops) {
    stack.push(top)
    while (stack.length > 0) {
      const node = stack.pop() as TreeNode
      ordered.push(node)
      for (let child = node.firstChild; child !== undefined; child = child.nextSibling) stack.push(child)
    }
  }
  return ordered
}

/** What no top reaches hangs from a circle of parents: each circle is cut at its earliest node. */
function cutCircles(root: TreeNode, members: readonly TreeNode[], ordered: TreeNode[]): void {
  const reached = new Set(ordered)
  const batch = new Set(members)
  for (const lost of members) {
    if (reached.has(lost)) continue
    const node = earliestOfCircle(lost, batch)
    detach(node)
    node.parent = root
    for (const member of inPreorder([node])) {
      reached.add(member)
      ordered.push(member)
    }
    if (!root.exported) {
      node.nextSibling = root.firstChild
      root.firstChild = node
    }
  }
}

/**
 * The node that began first among those of the circle that the parents of a node lead into; where they lead to
 * a node that is not exported with it, the last before that.
 */
function earliestOfCircle(from: TreeNode, batch: ReadonlySet<TreeNode>): TreeNode {
  const passed = new Set<TreeNode>()
  let node = from
  while (!passed.has(node)) {
    passed.add(node)
    const parent = node.parent
    if (parent === undefined || !batch.has(parent)) return node
    node = parent
  }
  let earliest = node
  for (let other = node.parent as TreeNode; other !== node; other = other.parent as TreeNode) {
    if (byStart(other, earliest) < 0) earliest = other
  }
  return earliest
}

function detach(node: TreeNode): void {
  const parent = node.parent
  if (parent === undefined) return
  if (parent.firstChild === node) {
    parent.firstChild = node.nextSibling
  } else {
    let sibling = parent.firstChild
    while (sibling !== undefined && sibling.nextSibling !== node) sibling = sibling.nextSibling
    if (sibling !== undefined) sibling.nextSibling = node.nextSibling
  }
  node.nextSibling = undefined
}

function byStart(a: TreeNode, b: TreeNode): number {
  const left = a.start
  const right = b.start
  if (left !== undefined && right !== undefined) {
    if (isBefore(left, right)) return -1
    if (isBefore(right, left)) return 1
  }
  return a.id < b.id ? -1 : 1
}

function setInterval(node: TreeNode, finish: HrTime | undefined, fallback: HrTime): void {
  let from: HrTime | undefined
  let to: HrTime | undefined
  const event = node.event
  if (event !== undefined) {
    from = node.start
    to = usable(event.endTime) ?? from
  }
  node.after = from !== undefined && finish !== undefined && isBefore(finish, from)
  if (event !== undefined) {
    for (let i = 0; i < node.actionCount; i++) {
      const action = event.actions[i]
      const start = usable(action?.startTime)
      if (start === undefined) continue
      if (!node.after && finish !== undefined && isBefore(finish, start)) continue
      const end = usable(action?.endTime) ?? start
      if (from === undefined || isBefore(start, from)) from = start
      if (to === undefined || isBefore(to, end)) to = end
    }
  }
  let lateFrom: HrTime | undefined
  let lateTo: HrTime | undefined
  for (let child = node.firstChild; child !== undefined; child = child.nextSibling) {
    const start = child.from as HrTime
    const end = child.to as HrTime
    if (!node.after && child.after) {
      if (lateFrom === undefined || isBefore(start, lateFrom)) lateFrom = start
      if (lateTo === undefined || isBefore(lateTo, end)) lateTo = end
      continue
    }
    if (from === undefined || isBefore(start, from)) from = start
    if (to === undefined || isBefore(to, end)) to = end
  }
  if (from === undefined) {
    // Unpublished, with nothing but the watch dog's work below it.
    node.after = lateFrom !== undefined
    from = lateFrom ?? fallback
    to = lateTo ?? from
  }
  node.from = from
  node.to = to === undefined || isBefore(to, from) ? from : to
}
