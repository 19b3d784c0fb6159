import type { Context } from '@opentelemetry/api'
import { type Action, Event } from '../events/index.js'
import { adoptEvent } from './adopt-event.js'

const CHECKED_ACTIONS = 64

/** More than any lock can have had: an array that says so is none, and would take for ever to look at. */
const MOST_ACTIONS = 4_000_000

/** Events filed by `on()`, in order, until they are worked off. */
export class Intake {
  #events: unknown[] = []
  #counts: number[] = []
  #contexts: (Context | undefined)[] = []
  #head = 0
  readonly #onCut: (actions: number) => void

  /** @param onCut told how many actions of an event were left out */
  constructor(onCut: (actions: number) => void) {
    this.#onCut = onCut
  }

  get size(): number {
    return this.#events.length - this.#head
  }

  /** Files an event as it is now: actions that are added later are not part of this publication. */
  push(event: Event, context: Context | undefined): void {
    this.#counts.push(event.actions.length)
    this.#events.push(event)
    this.#contexts.push(context)
  }

  /**
   * Forgets the oldest but for the newest `count`, once there are twice as many.
   *
   * @returns how many it forgot
   */
  keepNewest(count: number): number {
    const surplus = this.size - count
    if (surplus < count) return 0
    const from = this.#head + surplus
    this.#events = this.#events.slice(from)
    this.#counts = this.#counts.slice(from)
    this.#contexts = this.#contexts.slice(from)
    this.#head = 0
    return surplus
  }

  /** Takes the oldest; the callback gets an event of the model, however strange the one that came. */
  take(
    file: (event: Event, actionCount: number, context: Context | undefined) => void,
    reject: (error: unknown) => void,
  ): void {
    const at = this.#head
    const event = this.#events[at]
    const count = this.#counts[at] as number
    const context = this.#contexts[at]
    this.#events[at] = undefined
    this.#contexts[at] = undefined
    this.#head = at + 1
    if (this.#head === this.#events.length) {
      this.#events.length = 0
      this.#counts.length = 0
      this.#contexts.length = 0
      this.#head = 0
    } else if (this.#head > 4096 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head)
      this.#counts = this.#counts.slice(this.#head)
      this.#contexts = this.#contexts.slice(this.#head)
      this.#head = 0
    }
    try {
      if (event instanceof Event && isSound(event)) file(event, count, context)
      else {
        const adopted = adoptEvent(event)
        // What looks like an event can claim any number of actions.
        const { length } = adopted.actions
        if (length > 0 && count > length) this.#onCut(count - length)
        file(adopted, Math.min(count, length) || 0, context)
      }
    } catch (error) {
      reject(error)
    }
  }
}

/** Whether an event's fields have the types of the model, so that nothing below needs to ask again. */
function isSound(event: Event): boolean {
  return (
    typeof event.id === 'string' &&
    event.id !== '' &&
    event.id.length <= 512 &&
    typeof event.rootId === 'string' &&
    event.rootId.length <= 512 &&
    typeof event.parentId === 'string' &&
    typeof event.lockId === 'string' &&
    event.lockId.length <= 4096 &&
    typeof event.ownerId === 'string' &&
    event.ownerId.length <= 4096 &&
    typeof event.storageName === 'string' &&
    event.storageName.length <= 4096 &&
    typeof event.watchDogId === 'string' &&
    typeof event.eventType === 'number' &&
    (event.lockInformation === undefined || typeof event.lockInformation === 'object') &&
    Array.isArray(event.actions) &&
    haveNames(event.actions)
  )
}

/** Looks at the last few: an event that is published again and again, each time with one more, stays cheap. */
function haveNames(actions: readonly Action[]): boolean {
  const { length } = actions
  if (length > MOST_ACTIONS) return false
  for (let i = Math.max(0, length - CHECKED_ACTIONS); i < length; i++) {
    if (typeof actions[i]?.name !== 'string') return false
  }
  return true
}
