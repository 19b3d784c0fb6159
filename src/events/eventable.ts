import type { Event } from './event.js'

/**
 * Something that can be told which event it works for, so that it forks its own events from that one.
 *
 * Counterpart of go-events `Eventable`.
 */
export interface Eventable {
  setEvent(event: Event): void
}
