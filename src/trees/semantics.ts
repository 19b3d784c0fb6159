import type { Event } from '../events/index.js'

/** What an action says about the tree it stands in; the bits may be combined. */
export const Signal = {
  None: 0,
  /** The operation's last line: the tree is over after the settle window. */
  Finish: 1,
  /** The operation's result: the tree is over soon, even if the last line is lost. */
  Outcome: 2,
  /** A renewal, or the watch dog itself, ended: what came since the operation is complete. */
  SegmentEnd: 4,
  /** The watch dog was told to stop: what came since the operation is complete once it falls silent. */
  SegmentOutcome: 8,
} as const

/** Bits below it are signals, those above are no concern of trees. */
export const MEANING_SHIFT = 8
const SIGNALS = (1 << MEANING_SHIFT) - 1

/** The signals alone. */
export function signalsIn(said: number): number {
  return said & SIGNALS
}

/**
 * What a tree has to know of the meaning of actions. `trees` does not know the vocabulary: `operations`
 * does, and hands this in.
 */
export interface TreeSemantics {
  /**
   * What this action of this event says; called once for each published action. Above {@link MEANING_SHIFT} stands
   * what the action means to who hands this in; of an event's first action the node keeps it.
   */
  signalOfAction(event: Event, actionName: string): number
  /** What the event says by itself, at its first publication. */
  signalOfEvent(event: Event): number
}
