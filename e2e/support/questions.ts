import type { OtlpSpan } from './otlp.js'
import { actionsOf, type StreamTree } from './stream.js'

/** Whether any event of the tree has an action of this name. */
export function treeHas(tree: StreamTree, action: string): boolean {
  return actionsOf(tree).some((candidate) => candidate.name === action)
}

/** Whether the span is the root of its trace, whose span id is the trace id's second half. */
export function isRootOf(span: OtlpSpan, traceId: string): boolean {
  return span.spanId === traceId.slice(-16)
}
