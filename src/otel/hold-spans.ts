import { type HrTime, ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'
import type { Hold } from '../operations/hold.js'
import type { LossReason } from '../operations/operation.js'
import type { Tree } from '../trees/tree.js'
import type { AttributeMaker } from './attributes.js'
import { describeHold } from './describe.js'
import * as semconv from './semconv.js'
import { holdSpanIdOf } from './span-ids.js'
import { contextWith, type SpanWriter } from './span-writer.js'
import type { TreeHandle } from './tree-handle.js'
import type { TreeSpans } from './tree-spans.js'

/** Makes the span of a hold: from acquired to released, lost or expired, below the Lock it began with. */
export class HoldSpans {
  readonly #enabled: boolean
  readonly #attributes: AttributeMaker
  readonly #writer: SpanWriter
  readonly #spans: TreeSpans

  constructor(enabled: boolean, attributes: AttributeMaker, writer: SpanWriter, spans: TreeSpans) {
    this.#enabled = enabled
    this.#attributes = attributes
    this.#writer = writer
    this.#spans = spans
  }

  /** @param reason why the lease was lost, if it was */
  write(hold: Hold, tree: Tree, handle: TreeHandle, reason: LossReason | undefined): void {
    if (!this.#enabled || handle.recording !== true || handle.root === undefined) return
    const attributes = this.#attributes.ofTree(tree, tree.rootId)
    describeHold(attributes, hold)
    if (reason !== undefined) attributes[semconv.ATTR_REASON] = reason
    const span = this.#writer.startChild(
      semconv.SPAN_HOLD,
      SpanKind.INTERNAL,
      hold.acquiredAt,
      attributes,
      holdSpanIdOf(tree.rootId),
      contextWith(handle.context ?? ROOT_CONTEXT, handle.root),
    )
    this.#spans.giveLate(handle, span)
    span.end(hold.endedAt as HrTime)
  }
}
