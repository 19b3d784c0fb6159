import type { Context, HrTime, SpanContext } from '@opentelemetry/api'
import type { Action, Event } from '../events/index.js'
import type { Tally } from '../operations/tally.js'

/**
 * An action whose event's span is exported already; it waits for a span that is still open. Its event is not kept:
 * the watch dog's is published anew at every renewal, with all the actions it ever had.
 */
export interface LateAction {
  readonly action: Action
  readonly eventId: string
  readonly ownerId: string
  /** Among its event's actions. */
  readonly index: number
  readonly at: HrTime
}

/** @returns undefined when the event has no such action */
export function lateAction(event: Event, index: number, at: HrTime): LateAction | undefined {
  const action = event.actions[index]
  if (action === undefined || action === null) return undefined
  return { action, eventId: event.id, ownerId: event.ownerId, index, at }
}

/** What the listener keeps about a tree. */
export class TreeHandle {
  /** What was summed up and dropped while the tree was gathered. */
  tally: Tally | undefined = undefined
  /** What is known of a call that was exported before it was over: the rest of it is added when it comes. */
  cut: Tally | undefined = undefined
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
}
