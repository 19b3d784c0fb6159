import type { Event } from './event.js'

/**
 * Something that can be told which event it works for, so that it forks its own events from that one.
 *
 * Counterpart of go-events `Eventable`.
 */
export interface Eventable {
  /** Sets the event that its own are forked from. */
  setEvent(event: Event): void
}
