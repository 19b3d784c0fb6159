import {
  type Attributes,
  type Context,
  type HrTime,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  trace,
} from '@opentelemetry/api'
import type { NodeFailure, Operation, Renewal } from '../operations/operation.js'
import { isStorageOperation, roleOf } from '../operations/roles.js'
import { storageOperationOf } from '../operations/storage-calls.js'
import { assemble } from '../trees/assemble.js'
import { isBefore, usable } from '../trees/moments.js'
import type { TreeNode } from '../trees/node.js'
import type { Tree } from '../trees/tree.js'
import type { AttributeMaker } from './attributes.js'
import { describeOperation, describeRenewal } from './describe.js'
import { shapeOf } from './detail.js'
import { withPath } from './failures.js'
import { gapTo, nearest, type Place } from './late-actions.js'
import { spanNameOf } from './names.js'
import type { NormalizedOptions } from './options.js'
import * as semconv from './semconv.js'
import { beyondBudget } from './span-budget.js'
import { spanIdOf, traceIdOf } from './span-ids.js'
import { addSpanEvent, contextWith, type SpanWriter, setFailed } from './span-writer.js'
import { storageSystemOf } from './storage-systems.js'
import { type LateAction, lateAction, type TreeHandle } from './tree-handle.js'

/** Told what a bound left out. */
export type DropListener = (limit: 'spansPerTrace' | 'actionsPerEvent', count: number) => void

interface SpanEvent {
  readonly name: string
  readonly attributes: Attributes | undefined
  readonly at: HrTime
}

/** The nodes of a tree that are exported together, and what is known of them. */
interface Batch {
  readonly tree: Tree
  readonly handle: TreeHandle
  readonly failed: ReadonlyMap<TreeNode, NodeFailure>
  readonly renewals: ReadonlyMap<TreeNode, Renewal> | undefined
  /** Events of nodes without a span, by the node whose span takes them. */
  readonly folded: Map<TreeNode, SpanEvent[]>
  /** Spans of the watch dog, for actions that came late. */
  readonly places: Place[]
  readonly spans: Span[]
  readonly ends: HrTime[]
}

/** Turns the nodes of a tree into spans. */
export class TreeSpans {
  readonly #options: NormalizedOptions
  readonly #attributes: AttributeMaker
  readonly #writer: SpanWriter
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
    const span = this.#startRoot(tree, handle, operation, root, links)
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
    const ordered = assemble(tree, nodes, tree.finishTime)
    const attributes = this.#attributes.ofNode(tree, root)
    describeOperation(attributes, tree, operation)
    this.#attributes.message(attributes, operation.errorMessage, operation.ownerId)
    span.setAttributes(attributes)
    if (operation.errorType !== undefined) setFailed(span, operation.errorType)
    root.handle = span
    const batch = this.#batch(tree, handle, operation.failures, renewals)
    batch.spans.push(span)
    batch.ends.push(operation.end)
    this.#write(batch, ordered, root)
    handle.context = undefined
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
    this.#write(this.#batch(tree, handle, failures, renewals), ordered, undefined)
  }

  /** Adds the actions that still wait for a span to this one. */
  giveLate(handle: TreeHandle, span: Span): void {
    for (const each of takeAll(handle)) this.#addLate(each, span)
  }

  /** Makes a small span for each action that found no open one. */
  leftovers(tree: Tree, handle: TreeHandle): void {
    const late = takeAll(handle)
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
      const spec = {
        name: action.name,
        kind: SpanKind.INTERNAL,
        start: each.at,
        attributes,
        links: undefined,
        traceId: '',
        spanId: spanIdOf(`${eventId}#${each.index}`),
      }
      const span = this.#writer.startChild(
        spec,
        contextWith(handle.context ?? ROOT_CONTEXT, parent ?? handle.root),
      )
      this.#addLate(each, span)
      span.end(usable(action.endTime) ?? each.at)
    }
  }

  #batch(
    tree: Tree,
    handle: TreeHandle,
    failures: ReadonlyMap<TreeNode, NodeFailure>,
    renewals: readonly Renewal[],
  ): Batch {
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
    }
  }

  #startRoot(tree: Tree, handle: TreeHandle, operation: Operation, root: TreeNode, links: Link[]): Span {
    const given = (tree.context as Context | undefined) ?? ROOT_CONTEXT
    const caller = trace.getSpanContext(given)
    const inCaller = this.#options.trace === 'caller' && caller !== undefined
    handle.context = caller === undefined ? given : trace.deleteSpan(given)
    if (caller !== undefined && !inCaller) links.push(linkTo(caller, 'caller'))
    const spec = {
      name:
        operation.kind === 'fencing_token' && root.event === undefined
          ? 'StorageLock.GetFencingToken'
          : spanNameOf(root, true, tree.eventType),
      kind: SpanKind.INTERNAL,
      start: operation.start,
      // Without attributes until it is known to be sampled: an unsampled tree costs none.
      attributes: undefined,
      links: links.length > 0 ? links : undefined,
      traceId: inCaller ? '' : traceIdOf(tree.rootId),
      spanId: spanIdOf(tree.rootId),
    }
    return inCaller ? this.#writer.startChild(spec, given) : this.#writer.startRoot(spec, handle.context)
  }

  #write(batch: Batch, ordered: readonly TreeNode[], root: TreeNode | undefined): void {
    const { handle, renewals } = batch
    const room = this.#options.limits.spansPerTrace - handle.spans + (root === undefined ? 0 : 1)
    const skip = beyondBudget(ordered, room, batch.failed, renewals)
    const holdOpen = handle.holdOpen && this.#options.holdSpan
    for (const node of ordered) {
      if (node === root) {
        this.#gather(batch, node, node)
        continue
      }
      const parent = node.parent as TreeNode
      const shape =
        skip?.has(node) === true ? 'none' : shapeOf(node, this.#options.detail, renewals, holdOpen)
      if (shape === 'span') {
        this.#startNode(batch, node, parent)
        this.#gather(batch, node, node)
        continue
      }
      // Without a span of its own; its children hang from what it would have hung from.
      node.handle = parent.handle
      node.scope = parent.scope
      if (shape === 'nearest') this.#delay(batch, node)
      else if (shape === 'parent') this.#gather(batch, node, spanOwner(parent))
      else if (shape === 'renewal') this.#gather(batch, node, renewalOf(node, batch))
    }
    if (skip !== undefined && skip.size > 0) this.#onDrop('spansPerTrace', skip.size)
    for (const [owner, events] of batch.folded) {
      if (!isSpan(owner.handle)) continue
      events.sort((a, b) => (isBefore(a.at, b.at) ? -1 : isBefore(b.at, a.at) ? 1 : 0))
      for (const event of events) addSpanEvent(owner.handle, event.name, event.attributes, event.at)
    }
    if (batch.places.length > 0 && handle.late.length > 0) {
      for (const each of takeLate(handle)) this.#addLate(each, nearest(batch.places, each.at))
    }
    // Children end before their parents: some backends take the end of a root as the end of its trace.
    for (let i = batch.spans.length - 1; i >= 0; i--) (batch.spans[i] as Span).end(batch.ends[i])
    for (const node of ordered) settle(node)
  }

  #startNode(batch: Batch, node: TreeNode, parent: TreeNode): void {
    const { tree, handle } = batch
    const renewal = batch.renewals?.get(node)
    const failure = batch.failed.get(node)
    const attributes = this.#attributes.ofNode(tree, node)
    let kind = SpanKind.INTERNAL
    const first = node.actionCount > 0 ? node.event?.actions[0]?.name : undefined
    if (first !== undefined && isStorageOperation(roleOf(first))) {
      const system = storageSystemOf(node.event?.storageName || tree.storageName)
      kind = system.kind
      attributes[semconv.ATTR_OPERATION] = storageOperationOf(first)
      if (system.system !== undefined) attributes[semconv.ATTR_DB_SYSTEM_NAME] = system.system
    }
    if (renewal !== undefined) describeRenewal(attributes, renewal)
    const message = renewal?.errorMessage ?? failure?.errorMessage
    this.#attributes.message(attributes, message, node.event?.ownerId || tree.ownerId)
    const base = handle.context ?? ROOT_CONTEXT
    parent.scope ??= isSpan(parent.handle)
      ? trace.setSpan(base, parent.handle)
      : contextWith(base, (parent.handle ?? handle.root) as SpanContext)
    const from = renewal?.start ?? (node.from as HrTime)
    const to = renewal?.end ?? (node.to as HrTime)
    const span = this.#writer.startChild(
      {
        name: spanNameOf(node, false, tree.eventType),
        kind,
        start: from,
        attributes,
        links: undefined,
        traceId: '',
        spanId: spanIdOf(node.id),
      },
      parent.scope as Context,
    )
    const errorType = renewal === undefined ? failure?.errorType : renewal.errorType
    if (errorType !== undefined) setFailed(span, errorType)
    node.handle = span
    node.scope = undefined
    handle.spans += 1
    batch.spans.push(span)
    batch.ends.push(to)
    if (node.after) batch.places.push({ span, from, to })
  }

  /** Adds a node's actions to the span of `owner`: its own, or that of the node it folds into. */
  #gather(batch: Batch, node: TreeNode, owner: TreeNode | undefined): void {
    const event = node.event
    if (event === undefined || owner === undefined) return
    const finish = batch.tree.finishTime
    const span = isSpan(owner.handle) ? owner.handle : undefined
    const eventId = owner === node ? undefined : event.id
    // Only a span that takes no other node's events can be given its own as they come.
    const direct = this.#options.detail === 'full' && inOrder(node) ? span : undefined
    let waiting = direct === undefined ? batch.folded.get(owner) : undefined
    const bound = this.#options.limits.actionsPerEvent
    const half = bound >> 1
    for (let i = 0; i < node.actionCount; i++) {
      if (i === half && node.actionCount > bound) {
        this.#onDrop('actionsPerEvent', node.actionCount - bound)
        i += node.actionCount - bound
      }
      const action = event.actions[i]
      if (action === undefined || action === null) continue
      const at = usable(action.startTime) ?? (node.from as HrTime)
      if (!node.after && finish !== undefined && isBefore(finish, at)) {
        // The watch dog speaks through an event of the operation; that belongs to the dog's own spans.
        const late = lateAction(event, i, at)
        if (late !== undefined) batch.handle.late.push(late)
        continue
      }
      const attributes = this.#attributes.ofAction(action, event.ownerId, eventId)
      if (direct !== undefined) {
        addSpanEvent(direct, action.name, attributes, at)
        continue
      }
      if (waiting === undefined) {
        waiting = []
        batch.folded.set(owner, waiting)
      }
      waiting.push({ name: action.name, attributes, at })
    }
  }

  #delay(batch: Batch, node: TreeNode): void {
    const event = node.event
    if (event === undefined) return
    const { forHold } = batch.handle
    for (let index = 0; index < node.actionCount; index++) {
      if (forHold.length >= this.#options.limits.actionsPerEvent) {
        this.#onDrop('actionsPerEvent', node.actionCount - index)
        return
      }
      const at = usable(event.actions[index]?.startTime) ?? (node.from as HrTime)
      const late = lateAction(event, index, at)
      if (late !== undefined) forHold.push(late)
    }
  }

  #addLate({ action, eventId, ownerId, at }: LateAction, span: Span): void {
    if (this.#options.detail === 'operation') return
    addSpanEvent(span, action.name, this.#attributes.ofAction(action, ownerId, eventId), at)
  }
}

/** A link to a span, saying what it is to this one. */
export function linkTo(context: SpanContext, relation: semconv.Relation): Link {
  return { context, attributes: { [semconv.ATTR_RELATION]: relation } }
}

function takeAll(handle: TreeHandle): LateAction[] {
  handle.late.push(...handle.forHold)
  handle.forHold = []
  return takeLate(handle)
}

function takeLate(handle: TreeHandle): LateAction[] {
  const late = handle.late
  handle.late = []
  return late.sort((a, b) => (isBefore(a.at, b.at) ? -1 : isBefore(b.at, a.at) ? 1 : 0))
}

function isSpan(handle: unknown): handle is Span {
  return typeof (handle as Span | undefined)?.addEvent === 'function'
}

/** Whether a node's actions stand in the order of their times. */
function inOrder(node: TreeNode): boolean {
  const actions = node.event?.actions
  if (actions === undefined) return true
  for (let i = 1; i < node.actionCount; i++) {
    const before = actions[i - 1]?.startTime
    const after = actions[i]?.startTime
    if (before !== undefined && after !== undefined && isBefore(after, before)) return false
  }
  return true
}

/** The node whose span a node without one shares. */
function spanOwner(node: TreeNode): TreeNode | undefined {
  let owner: TreeNode | undefined = node
  while (owner?.parent !== undefined && owner.parent.handle === owner.handle) owner = owner.parent
  return isSpan(owner?.handle) ? owner : undefined
}

/** The renewal a node belongs to: the one it hangs from, else the nearest in time. */
function renewalOf(node: TreeNode, batch: Batch): TreeNode | undefined {
  const renewals = batch.renewals
  if (renewals === undefined) return undefined
  if (node.parent !== undefined && renewals.has(node.parent)) return node.parent
  let best: TreeNode | undefined
  let gap = Number.POSITIVE_INFINITY
  for (const [refresh, renewal] of renewals) {
    const other = gapTo({ from: renewal.start, to: renewal.end }, node.from as HrTime)
    if (other < gap) {
      best = refresh
      gap = other
    }
  }
  return best
}

/** After its export a node keeps only its span context, which is all that later spans need. */
function settle(node: TreeNode): void {
  // The unpublished ones too: published after all, they must not have a second span.
  node.exported = true
  if (isSpan(node.handle)) node.handle = node.handle.spanContext()
  node.scope = undefined
  node.firstChild = undefined
  node.nextSibling = undefined
}
