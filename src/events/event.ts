import type { Context, HrTime } from '@opentelemetry/api'
import { Action } from './action.js'
import { now } from './clock.js'
import { eventToJson } from './codec-encode.js'
import { EventType } from './event-type.js'
import { newEventId } from './ids.js'
import type { Listener } from './listener.js'
import type { LockInformation } from './lock-information.js'
import { publish } from './publish.js'
import { isZeroTime } from './time.js'

const NO_LISTENERS: readonly Listener[] = Object.freeze([])

/**
 * Something that happened to a lock, with the actions it consisted of. Events form trees: an operation on a
 * lock is a root, and each part of it a fork of its root or of another part.
 *
 * Counterpart of go-events `Event`.
 *
 * @example
 * const event = new Event('order-42').setType(EventType.Lock).setListeners([listener])
 * event.addActionByName(ActionName.LockBegin).publish()
 */
export class Event {
  /** Names this event alone; `storage-lock-event-` and 32 hex digits unless set otherwise. */
  id: string
  /** The id of the root of its tree; its own id when it is the root. */
  rootId: string
  /** The id of the event it was forked from; empty for none. */
  parentId: string
  /** The event it was forked from, where that is in this process. Not part of the JSON. */
  parent: Event | undefined
  /** The lock it is about; empty for none. */
  lockId: string
  /** Who is at work on the lock; empty for nobody known. */
  ownerId: string
  /** The storage that keeps the lock; empty for none. */
  storageName: string
  /** When it began. */
  startTime: HrTime | undefined
  /** When it ended; set by the first {@link publish} at the latest, so often before the work's own end. */
  endTime: HrTime | undefined
  /** Whether {@link end} was called for it, rather than its end set by {@link publish} or read from JSON. */
  endedExplicitly: boolean
  /** What operation it belongs to. */
  eventType: EventType
  /** What was done, in order. */
  actions: Action[]
  /** The watch dog it is about; empty for none. */
  watchDogId: string
  /** The lock's record as it was; `undefined` for none. */
  lockInformation: LockInformation | undefined
  /** What failed; `null` for nothing. Any other value is an error. An error of one action belongs there. */
  err: unknown
  /** Who is told when it is published. Forks share the list, so it is replaced, never changed in place. */
  listeners: readonly Listener[]

  /**
   * A root: a new id, which is its root's id too, and the time now as its start.
   *
   * @param lockId the lock it is about.
   */
  constructor(lockId?: string)
  /** A root with an id and a start of one's own: no random number is drawn and no clock read. */
  constructor(lockId: string, id: string, startTime: HrTime | undefined)
  constructor(lockId = '', id?: string, startTime?: HrTime) {
    const given = id !== undefined
    this.id = given ? id : newEventId()
    this.rootId = this.id
    this.parentId = ''
    this.parent = undefined
    this.lockId = lockId
    this.ownerId = ''
    this.storageName = ''
    this.startTime = given ? startTime : now()
    this.endTime = undefined
    this.endedExplicitly = false
    this.eventType = EventType.Unknown
    this.actions = []
    this.watchDogId = ''
    this.lockInformation = undefined
    this.err = null
    this.listeners = NO_LISTENERS
  }

  /**
   * A child: a new id and start, this event as its parent, and its root, lock, owner, storage, type, watch
   * dog, record and listeners; neither its actions nor its end nor its error.
   *
   * @param startTime when it starts, where that is read already; now by default
   */
  fork(startTime?: HrTime): Event {
    const child =
      startTime === undefined ? new Event(this.lockId) : new Event(this.lockId, newEventId(), startTime)
    child.rootId = this.rootId
    child.parentId = this.id
    child.parent = this
    child.ownerId = this.ownerId
    child.storageName = this.storageName
    child.eventType = this.eventType
    child.watchDogId = this.watchDogId
    child.lockInformation = this.lockInformation
    child.listeners = this.listeners
    return child
  }

  /** Ends it now. */
  end(): this {
    this.endTime = now()
    this.endedExplicitly = true
    return this
  }

  /** Sets the id; the root id stays as it is. */
  setId(id: string): this {
    this.id = id
    return this
  }

  /** Sets the id of the root of its tree. */
  setRootId(rootId: string): this {
    this.rootId = rootId
    return this
  }

  /** Sets the parent and its id; the root id stays as it is. */
  setParent(parent: Event): this {
    this.parentId = parent.id
    this.parent = parent
    return this
  }

  /** Sets the storage that keeps the lock. */
  setStorageName(storageName: string): this {
    this.storageName = storageName
    return this
  }

  /** Sets the lock it is about. */
  setLockId(lockId: string): this {
    this.lockId = lockId
    return this
  }

  /** Sets who is at work on the lock. */
  setOwnerId(ownerId: string): this {
    this.ownerId = ownerId
    return this
  }

  /** Sets what operation it belongs to. */
  setType(eventType: EventType): this {
    this.eventType = eventType
    return this
  }

  /** Sets what failed; `null` or `undefined` for nothing. */
  setErr(err: unknown): this {
    this.err = err
    return this
  }

  /** Sets the watch dog it is about. */
  setWatchDogId(watchDogId: string): this {
    this.watchDogId = watchDogId
    return this
  }

  /** Sets the lock's record as it is now. */
  setLockInformation(lockInformation: LockInformation | undefined): this {
    this.lockInformation = lockInformation
    return this
  }

  /** Adds an action. */
  addAction(action: Action): this {
    this.actions.push(action)
    return this
  }

  /** Adds an action of which only the name and the time, now, are of interest. */
  addActionByName(name: string): this {
    this.actions.push(new Action(name))
    return this
  }

  /** Sets who is told when it is published, in place of those set before. */
  setListeners(listeners: readonly Listener[]): this {
    this.listeners = listeners
    return this
  }

  /** Adds to those who are told when it is published. */
  addListeners(...listeners: readonly Listener[]): this {
    this.listeners = [...this.listeners, ...listeners]
    return this
  }

  /** Leaves nobody to be told when it is published. */
  clearListeners(): this {
    this.listeners = NO_LISTENERS
    return this
  }

  /**
   * Tells its own listeners, then the given ones. Ends it first if it has no end. May be called again, when
   * actions were added. What a listener throws is reported through OpenTelemetry's `diag`, and goes no
   * further.
   *
   * @param ctx the context of the work; left out, listeners take the active one.
   */
  publish(ctx?: Context, ...listeners: readonly Listener[]): void {
    if (!this.endTime || isZeroTime(this.endTime)) this.endTime = now()
    if (this.listeners.length > 0) publish(ctx, this, this.listeners)
    if (listeners.length > 0) publish(ctx, this, listeners)
  }

  /** Whether it is the root of its tree. */
  isRootEvent(): boolean {
    return this.id !== '' && this.rootId === this.id
  }

  /** The id of its parent: the one set, else the one of {@link parent}, else empty. */
  getParentId(): string {
    return this.parentId !== '' ? this.parentId : (this.parent?.id ?? '')
  }

  /**
   * The event as one line of JSON, as Go writes it, without the line's end. Never throws, whatever the
   * payloads hold: see `eventToJson`.
   */
  toJson(): string {
    return eventToJson(this)
  }

  /** What `JSON.stringify` takes: the event as {@link toJson} writes it, integers beyond 2^53 as near as they come. */
  toJSON(): unknown {
    return JSON.parse(this.toJson())
  }
}
