import { type Context, context, type HrTime } from '@opentelemetry/api'
import { Event, EventType, newEventId, now } from '../../events/index.js'
import { Acquisition } from './acquisition.js'
import type { Hold } from './hold.js'
import type { LockListeners } from './listeners.js'
import type { NormalOptions } from './options.js'
import { newOwnerId } from './owner.js'
import { Release } from './release.js'

/**
 * Publishes what a bound lock does, as the event trees of the model. Nothing here throws, whatever the
 * listeners do and whatever the lock was called with.
 */
export class Recorder<Subject = unknown> {
  readonly listeners: LockListeners
  readonly storageName: string
  readonly #ownerId: NormalOptions<Subject>['ownerId']

  constructor(options: NormalOptions<Subject>) {
    this.listeners = options.listeners
    this.storageName = options.storageName
    this.#ownerId = options.ownerId
  }

  /** Whether anybody listens: the one branch that a bound lock costs when nobody does. */
  get enabled(): boolean {
    return this.listeners.current.length > 0
  }

  /** The owner of the next acquire. */
  ownerId(subject: Subject): string {
    const own = this.#ownerId
    return typeof own === 'function' ? textOf(() => own(subject), newOwnerId) : (own ?? newOwnerId())
  }

  /** A lock was made. */
  created(lockId: string): void {
    if (!this.enabled) return
    this.publish(this.root(lockId, '', EventType.CreateLock, now()), context.active())
  }

  /** An acquire begins, now. */
  acquire(lockId: string, ownerId: string): Acquisition {
    return new Acquisition(this, lockId, ownerId)
  }

  /** A release begins, now: of the hold, or of a lock that was acquired unseen. */
  release(hold: Hold | undefined, lockId = '', ownerId = ''): Release {
    return new Release(this, hold, hold?.record.lockId ?? lockId, hold?.record.ownerId ?? ownerId)
  }

  root(lockId: string, ownerId: string, type: EventType, start: HrTime): Event {
    return new Event(lockId, newEventId(), start)
      .setType(type)
      .setOwnerId(ownerId)
      .setStorageName(this.storageName)
  }

  publish(event: Event, ctx: Context): void {
    event.listeners = this.listeners.current
    event.publish(ctx)
  }
}

/** What a function of the user's says, as text; the fallback where it throws or says none. */
export function textOf(say: () => unknown, fallback: () => string): string {
  try {
    const said = say()
    if (typeof said === 'number') return String(said)
    return typeof said === 'string' ? said : fallback()
  } catch {
    return fallback()
  }
}

/** A fork that starts, and as far as is known ends, at a moment read already. */
export function childOf(parent: Event, start: HrTime, end: HrTime): Event {
  const child = new Event(parent.lockId, newEventId(), start)
  child.rootId = parent.rootId
  child.parentId = parent.id
  child.parent = parent
  child.ownerId = parent.ownerId
  child.storageName = parent.storageName
  child.eventType = parent.eventType
  child.watchDogId = parent.watchDogId
  child.lockInformation = parent.lockInformation
  child.endTime = end
  return child
}
