import type { Renewal } from '../operations/operation.js'
import { usable } from '../trees/moments.js'
import type { TreeNode } from '../trees/node.js'
import type { Detail } from './options.js'

/** What becomes of a node at a level of detail. */
export type Shape =
  /** A span of its own. */
  | 'span'
  /** Its actions become span events of its parent's span. */
  | 'parent'
  /** Its actions become span events of the renewal it belongs to. */
  | 'renewal'
  /** Its actions become span events of the nearest span of the watch dog, or of the hold. */
  | 'nearest'
  /** Nothing. */
  | 'none'

/**
 * Decides on a node; a root always is a span.
 *
 * @param renewals the renewals among the nodes that are exported together
 * @param holdOpen whether a span of the hold is still to come
 */
export function shapeOf(
  node: TreeNode,
  detail: Detail,
  renewals: ReadonlyMap<TreeNode, Renewal> | undefined,
  holdOpen: boolean,
): Shape {
  if (detail === 'full') return 'span'
  if (renewals?.has(node) === true) return 'span'
  if (detail === 'operation') return 'none'
  if (node.after) {
    if (belongsToRenewal(node)) return renewals === undefined || renewals.size === 0 ? 'span' : 'renewal'
    return isAnnouncement(node) && holdOpen ? 'nearest' : 'span'
  }
  return isAnnouncement(node) ? 'parent' : 'span'
}

/** An event without children whose single action took no time. */
function isAnnouncement(node: TreeNode): boolean {
  const event = node.event
  if (event === undefined || node.actionCount > 1) return false
  for (let child = node.firstChild; child !== undefined; child = child.nextSibling) {
    if (!child.after) return false
  }
  return usable(event.actions[0]?.endTime) === undefined
}

/** Everything the watch dog does between its start and its stop is part of a renewal. */
function belongsToRenewal(node: TreeNode): boolean {
  const name = node.event?.actions[0]?.name
  return typeof name === 'string' && name !== 'WatchDog.Stop' && name !== 'WatchDog.Exit'
}
