/**
 * What kind of lock work an event tells of. The numbers are those of the JSON field `event_type`.
 *
 * Stock Storage Lock never publishes `WatchDog`: its dog's events are of type `Lock`, in the tree of the
 * Lock that started the dog.
 *
 * Counterpart of go-events `EventType`.
 *
 * @example
 * new Event('order-42').setType(EventType.Lock)
 */
export const EventType = {
  /** No type was set. */
  Unknown: 0,
  /** A lock is being created. */
  CreateLock: 1,
  /** A lock is being acquired. */
  Lock: 2,
  /** A lock is being released. */
  Unlock: 3,
  /** A watch dog renews the lease of a lock that is held. */
  WatchDog: 4,
} as const

/** One of the numbers of {@link EventType}. */
export type EventType = (typeof EventType)[keyof typeof EventType]
