import {
  type Attributes,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
} from '@opentelemetry/api'
import type { NodeFailure, Operation, Renewal } from '../operations/operation.js'
import { assemble } from '../trees/assemble.js'
import { usable } from '../trees/moments.js'
import type { TreeNode } from '../trees/node.js'
import type { Tree } from '../trees/tree.js'
import type { AttributeMaker } from './attributes.js'
import { describeOperation } from './describe.js'
import { shapeOf } from './detail.js'
import { NodeSpans } from './node-spans.js'
import type { NormalizedOptions } from './options.js'
import * as semconv from './semconv.js'
import { newSpanBatch, type SpanBatch, settleNode } from './span-batch.js'
import { beyondBudget } from './span-budget.js'
import { renewalOf, SpanEvents, spanOwner, takeAllLate } from './span-events.js'
import { spanIdOf } from './span-ids.js'
import { contextWith, type SpanWriter, setFailed } from './span-writer.js'
import type { TreeHandle } from './tree-handle.js'

/** Told what a bound left out. */
export type DropListener = (limit: 'spansPerTrace' | 'actionsPerEvent', count: number) => void

/** Turns the nodes of a tree into spans. */
export class TreeSpans {
  readonly #options: NormalizedOptions
  readonly #attributes: AttributeMaker
  readonly #writer: SpanWriter
  readonly #nodes: NodeSpans
  readonly #events: SpanEvents
  readonly #onDrop: DropListener

  constructor(
    options: NormalizedOptions,
    attributes: AttributeMaker,
    writer: SpanWriter,
    onDrop: DropListener,
  ) {
    this.#options = options
    this.#attributes = attributes
    this.#writer = writer
    this.#nodes = new NodeSpans(options.trace, attributes, writer)
    this.#events = new SpanEvents(options, attributes, onDrop)
    this.#onDrop = onDrop
  }

  /** Makes the spans of an operation: its root first, which decides whether there are any others. */
  operation(
    tree: Tree,
    handle: TreeHandle,
    operation: Operation,
    renewals: readonly Renewal[],
    nodes: readonly TreeNode[],
    links: Link[],
  ): void {
    const root = tree.ensureNode(tree.rootId)
    const span = this.#nodes.startRoot(tree, handle, operation, root, links)
    handle.root = span.spanContext()
    handle.recording = span.isRecording()
    handle.spans = 1
    // A caller's context may hold on to a whole request; later segments need none of it.
    tree.context = undefined
    if (!handle.recording) {
      handle.context = undefined
      span.end(operation.end)
      return
    }
    let batch: SpanBatch | undefined
    try {
      const ordered = assemble(tree, nodes, tree.finishTime)
      const attributes = this.#attributes.ofNode(tree, root)
      describeOperation(attributes, tree, operation)
      this.#attributes.message(attributes, operation.errorMessage, operation.ownerId)
      span.setAttributes(attributes)
      if (operation.errorType !== undefined) setFailed(span, operation.errorType)
      root.handle = span
      batch = newSpanBatch(tree, handle, operation.failures, renewals, ordered)
      batch.spans.push(span)
      batch.ends.push(operation.end)
      this.#write(batch, ordered, root)
    } finally {
      if (batch === undefined) span.end(operation.end)
      handle.context = undefined
    }
  }

  /** Makes the spans of what came after the operation: renewals, the watch dog's end, late lines. */
  segment(
    tree: Tree,
    handle: TreeHandle,
    nodes: readonly TreeNode[],
    renewals: readonly Renewal[],
    failures: ReadonlyMap<TreeNode, NodeFailure>,
  ): void {
    if (handle.recording !== true) return
    const ordered = assemble(tree, nodes, tree.finishTime)
    this.#write(newSpanBatch(tree, handle, failures, renewals, ordered), ordered, undefined)
  }

  /** Adds the actions that still wait for a span to this one. */
  giveLate(handle: TreeHandle, span: Span): void {
    for (const each of takeAllLate(handle)) this.#events.addLate(each, span)
  }

  /** Makes a small span for each action that found no open one. */
  leftovers(tree: Tree, handle: TreeHandle): void {
    const late = takeAllLate(handle)
    if (handle.recording !== true || handle.root === undefined) return
    if (this.#options.detail === 'operation') return
    for (const each of late) {
      const { action, eventId } = each
      const parent = tree.nodes.get(eventId)?.handle as SpanContext | undefined
      const attributes: Attributes = {
        [semconv.ATTR_ROOT_ID]: tree.rootId,
        [semconv.ATTR_EVENT_ID]: eventId,
        [semconv.ATTR_LATE]: true,
      }
      const span = this.#writer.startChild(
        action.name,
        SpanKind.INTERNAL,
        each.at,
        attributes,
        spanIdOf(`${eventId}#${each.index}`),
        contextWith(handle.context ?? ROOT_CONTEXT, parent ?? handle.root),
      )
      this.#events.addLate(each, span)
      span.end(usable(action.endTime) ?? each.at)
    }
  }

  #write(batch: SpanBatch, ordered: readonly TreeNode[], root: TreeNode | undefined): void {
    try {
      this.#fill(batch, ordered, root)
    } finally {
      // Children end before their parents: some backends take the end of a root as the end of its trace.
      for (let i = batch.spans.length - 1; i >= 0; i--) (batch.spans[i] as Span).end(batch.ends[i])
      for (const node of ordered) settleNode(node)
    }
  }

  #fill(batch: SpanBatch, ordered: readonly TreeNode[], root: TreeNode | undefined): void {
    const { handle, renewals } = batch
    const room = this.#options.limits.spansPerTrace - handle.spans + (root === undefined ? 0 : 1)
    const skip = beyondBudget(ordered, room, batch.failed, renewals)
    const holdOpen = batch.tree.held && this.#options.holdSpan
    for (const node of ordered) {
      if (node === root) {
        this.#events.gather(batch, node, node)
        continue
      }
      const parent = node.parent as TreeNode
      const shape =
        skip?.has(node) === true ? 'none' : shapeOf(node, this.#options.detail, renewals, holdOpen)
      if (shape === 'span') {
        this.#nodes.startNode(batch, node, parent)
        this.#events.gather(batch, node, node)
        continue
      }
      // Without a span of its own; its children hang from what it would have hung from.
      node.handle = parent.handle
      node.scope = parent.scope
      if (shape === 'nearest') this.#events.delay(batch, node)
      else if (shape === 'parent') this.#events.gather(batch, node, spanOwner(parent))
      else if (shape === 'renewal') this.#events.gather(batch, node, renewalOf(node, batch))
    }
    if (skip !== undefined && skip.size > 0) this.#onDrop('spansPerTrace', skip.size)
    this.#events.finish(batch)
  }
}
