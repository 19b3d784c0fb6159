import { type Event, EventType } from '../events/index.js'
import { MEANING_SHIFT, Signal, type TreeSemantics } from '../trees/semantics.js'
import { Role, roleOf, signalOf } from './roles.js'

/** The vocabulary's meaning for trees: which lines end an operation, a renewal, a watch dog. */
export const storageLockSemantics: TreeSemantics = {
  signalOfAction(event: Event, actionName: string): number {
    const role = roleOf(actionName)
    // Reading a fencing token has no Finish: what the storage answered, and what follows of it, is its last line.
    const isTokenRead = endsTokenRead(role) && event.eventType === EventType.Unknown
    return (role << MEANING_SHIFT) | (isTokenRead ? Signal.Outcome : signalOf(role))
  },

  signalOfEvent(event: Event): number {
    if (event.id !== event.rootId) return Signal.None
    // The creation of a lock is a single event. A root that its maker ended before publishing it is over
    // too; the end that publish() sets by itself, and any end that came as JSON, says nothing.
    return event.eventType === EventType.CreateLock || event.endedExplicitly ? Signal.Finish : Signal.None
  },
}

function endsTokenRead(role: Role): boolean {
  switch (role) {
    case Role.StorageGetResult:
    case Role.NotExists:
    case Role.NotFound:
    case Role.NotOwner:
      return true
    default:
      return false
  }
}
