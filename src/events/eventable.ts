import type { Event } from './event.js'

/**
 * Something that can be told which event it works for, so that it forks its own events from that one.
 *
 * Counterpart of go-events `Eventable`.
 *
 * @example
 * class Storage implements Eventable {
 *   #event: Event | undefined
 *   setEvent(event: Event): void {
 *     this.#event = event
 *   }
 *   get(): void {
 *     this.#event?.fork().addActionByName(ActionName.StorageGet).publish()
 *   }
 * }
 */
export interface Eventable {
  /** Sets the event that its own are forked from. */
  setEvent(event: Event): void
}
