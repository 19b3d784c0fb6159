import type { Attributes, HrTime, Span } from '@opentelemetry/api'
import type { NodeFailure, Renewal } from '../operations/operation.js'
import type { TreeNode } from '../trees/node.js'
import type { Tree } from '../trees/tree.js'
import { withPath } from './failures.js'
import type { Place } from './late-actions.js'
import { ambiguousSpanIds } from './span-ids.js'
import type { TreeHandle } from './tree-handle.js'

/** A span event that waits for the other events of its span, to stand among them in the order of time. */
export interface WaitingEvent {
  readonly name: string
  readonly attributes: Attributes | undefined
  readonly at: HrTime
}

/** The nodes of a tree that are exported together, and what is known of them. */
export interface SpanBatch {
  readonly tree: Tree
  readonly handle: TreeHandle
  readonly failed: ReadonlyMap<TreeNode, NodeFailure>
  readonly renewals: ReadonlyMap<TreeNode, Renewal> | undefined
  /** Events of nodes without a span, by the node whose span takes them. */
  readonly folded: Map<TreeNode, WaitingEvent[]>
  /** Spans of the watch dog, for actions that came late. */
  readonly places: Place[]
  readonly spans: Span[]
  readonly ends: HrTime[]
  /** Span ids that several of the nodes would have by their last digits. */
  readonly ambiguous: ReadonlySet<string> | undefined
}

/** Begins a batch. */
export function newSpanBatch(
  tree: Tree,
  handle: TreeHandle,
  failures: ReadonlyMap<TreeNode, NodeFailure>,
  renewals: readonly Renewal[],
  ordered: readonly TreeNode[],
): SpanBatch {
  let byNode: Map<TreeNode, Renewal> | undefined
  if (renewals.length > 0) {
    byNode = new Map()
    for (const renewal of renewals) byNode.set(renewal.node, renewal)
  }
  return {
    tree,
    handle,
    failed: withPath(failures, byNode),
    renewals: byNode,
    folded: new Map(),
    places: [],
    spans: [],
    ends: [],
    ambiguous: ambiguousSpanIds(ordered, tree.rootId),
  }
}

/** Whether a node's handle is a span that is open still, rather than the context of one. */
export function isSpan(handle: unknown): handle is Span {
  return typeof (handle as Span | undefined)?.addEvent === 'function'
}

/** After its export a node keeps only its span context, which is all that later spans need. */
export function settleNode(node: TreeNode): void {
  // The unpublished ones too: published after all, they must not have a second span.
  node.exported = true
  if (isSpan(node.handle)) node.handle = node.handle.spanContext()
  node.scope = undefined
  node.firstChild = undefined
  node.nextSibling = undefined
  node.from = undefined
  node.to = undefined
}
