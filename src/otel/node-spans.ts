import {
  type Context,
  type HrTime,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  trace,
} from '@opentelemetry/api'
import type { Operation } from '../operations/operation.js'
import { isStorageOperation, roleOfNode } from '../operations/roles.js'
import { storageOperationOf } from '../operations/storage-calls.js'
import type { TreeNode } from '../trees/node.js'
import type { Tree } from '../trees/tree.js'
import type { AttributeMaker } from './attributes.js'
import { describeRenewal } from './describe.js'
import { linkTo } from './links.js'
import { spanNameOf } from './names.js'
import type { TraceMode } from './options.js'
import * as semconv from './semconv.js'
import { isSpan, type SpanBatch } from './span-batch.js'
import { hash64, spanIdOf, traceIdOf } from './span-ids.js'
import { contextWith, type SpanWriter, setFailed } from './span-writer.js'
import { storageSystemOf } from './storage-systems.js'
import type { TreeHandle } from './tree-handle.js'

/** Starts the spans of nodes. */
export class NodeSpans {
  readonly #mode: TraceMode
  readonly #attributes: AttributeMaker
  readonly #writer: SpanWriter

  constructor(mode: TraceMode, attributes: AttributeMaker, writer: SpanWriter) {
    this.#mode = mode
    this.#attributes = attributes
    this.#writer = writer
  }

  /** Starts the span of a root, in the trace it is to stand in. */
  startRoot(tree: Tree, handle: TreeHandle, operation: Operation, root: TreeNode, links: Link[]): Span {
    const given = (tree.context as Context | undefined) ?? ROOT_CONTEXT
    const caller = trace.getSpanContext(given)
    const inCaller = this.#mode === 'caller' && caller !== undefined
    handle.context = caller === undefined ? given : trace.deleteSpan(given)
    if (caller !== undefined && !inCaller) links.push(linkTo(caller, 'caller'))
    const name =
      operation.kind === 'fencing_token' && root.event === undefined
        ? 'StorageLock.GetFencingToken'
        : spanNameOf(root, true, tree.eventType)
    return this.#writer.startRoot(
      name,
      operation.start,
      links,
      inCaller ? '' : traceIdOf(tree.rootId),
      spanIdOf(tree.rootId),
      inCaller ? given : handle.context,
    )
  }

  /** Starts the span of a node below the span its parent has or shares. */
  startNode(batch: SpanBatch, node: TreeNode, parent: TreeNode): void {
    const { tree, handle } = batch
    const renewal = batch.renewals?.get(node)
    const failure = batch.failed.get(node)
    const attributes = this.#attributes.ofNode(tree, node)
    let kind = SpanKind.INTERNAL
    if (isStorageOperation(roleOfNode(node))) {
      const system = storageSystemOf(node.event?.storageName || tree.storageName)
      kind = system.kind
      attributes[semconv.ATTR_OPERATION] = storageOperationOf(node.event?.actions[0]?.name ?? '')
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
      spanNameOf(node, false, tree.eventType),
      kind,
      from,
      attributes,
      batch.ambiguous === undefined ? spanIdOf(node.id) : unambiguous(node.id, batch.ambiguous),
      parent.scope as Context,
    )
    const errorType = renewal === undefined ? failure?.errorType : renewal.errorType
    if (errorType !== undefined) setFailed(span, errorType)
    node.handle = span
    node.scope = undefined
    handle.spans += 1
    batch.spans.push(span)
    batch.ends.push(to)
    if (node.after) batch.places.push({ node, from, to })
  }
}

function unambiguous(id: string, ambiguous: ReadonlySet<string>): string {
  const spanId = spanIdOf(id)
  return ambiguous.has(spanId) ? hash64(id) : spanId
}
