import type { Context, HrTime } from '@opentelemetry/api'
import { Event, type EventType, newEventId } from '../../events/index.js'
import type { LockListeners } from './listeners.js'

/** Makes the events of a binding's locks, and tells its listeners of them. */
export class Publisher {
  readonly listeners: LockListeners
  readonly storageName: string

  constructor(listeners: LockListeners, storageName: string) {
    this.listeners = listeners
    this.storageName = storageName
  }

  /** The root of a tree; it starts at a moment read already. */
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

/** A fork that starts, and as far as is known ends, at a moment read already. */
export function childOf(parent: Event, start: HrTime, end: HrTime): Event {
  const child = parent.fork(start)
  child.endTime = end
  return child
}
