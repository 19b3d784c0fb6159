import type { Context, HrTime, SpanContext } from '@opentelemetry/api'
import type { Event } from '../events/index.js'
import type { Tally } from '../operations/tally.js'

/** An action whose event's span is exported already; it waits for a span that is still open. */
export interface LateAction {
  readonly event: Event
  readonly index: number
  readonly at: HrTime
}

/** What the listener keeps about a tree. */
export class TreeHandle {
  /** What was summed up and dropped while the tree was gathered. */
  tally: Tally | undefined = undefined
  /** Whether the root's span was sampled; undefined before it was made. */
  recording: boolean | undefined = undefined
  /** The root's span, which later spans hang from. */
  root: SpanContext | undefined = undefined
  /** The context the tree's spans are made in: the caller's, without its span. */
  context: Context | undefined = undefined
  spans = 0
  late: LateAction[] = []
  /** Actions that wait for the span of the hold. */
  forHold: LateAction[] = []
  /** Whether the hold that this acquire began is still open. */
  holdOpen = false
}
