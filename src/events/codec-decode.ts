import { Action } from './action.js'
import { type JsonObject, readMap, readObject, readString, readTime } from './codec-fields.js'
import { holdsInexactInteger, parseJson, parseJsonExactly } from './codec-text.js'
import { Event } from './event.js'
import { errorWithin, unexpected } from './event-syntax-error.js'
import { EventType } from './event-type.js'
import { LockInformation } from './lock-information.js'
import { pooled } from './string-pool.js'
import { ZERO_TIME } from './time.js'

type EventField =
  | 'id'
  | 'root_id'
  | 'parent_id'
  | 'lock_id'
  | 'owner_id'
  | 'storage_name'
  | 'start_time'
  | 'end_time'
  | 'event_type'
  | 'actions'
  | 'watch_dog_id'
  | 'lock_information'
  | 'err'

type ActionField = 'start_time' | 'end_time' | 'name' | 'err' | 'payload_map'

/**
 * Reads an event from one line of JSON, such as Go's `Event.ToJsonString` writes.
 *
 * Fields that are missing have Go's zero values; unknown ones are ignored; an error is kept as the JSON value
 * it came as. Integers that a `number` cannot hold exactly come as bigints.
 *
 * Counterpart of go-events `EventFromJsonStringE`.
 *
 * @throws {EventSyntaxError} when the text is not JSON, has no id, or has a field of another type.
 *
 * @example
 * const event = eventFromJson('{"id":"storage-lock-event-1","lock_id":"order-42","event_type":2}')
 * event.publish(undefined, new OtelListener())
 */
export function eventFromJson(text: string): Event {
  const event = eventFromObject(parseJson(text))
  return hasInexactInteger(event) ? eventFromObject(parseJsonExactly(text)) : event
}

/**
 * Reads an event from an object that JSON.parse made: {@link eventFromJson} without the text. The payloads
 * are taken over, not copied.
 *
 * @throws {EventSyntaxError} when it is not an object, has no id, or has a field of another type.
 *
 * @example
 * eventFromObject({ id: 'storage-lock-event-1', lock_id: 'order-42' }).lockId // 'order-42'
 */
export function eventFromObject(value: unknown): Event {
  const json: JsonObject<EventField> = readObject(value, '')
  if (typeof json.id !== 'string' || json.id === '')
    throw unexpected('id', 'a string that is not empty', json.id)
  const event = new Event(
    pooled(readString(json.lock_id, 'lock_id')),
    pooled(json.id),
    readTime(json.start_time, 'start_time'),
  )
  event.rootId = pooled(readString(json.root_id, 'root_id'))
  event.parentId = pooled(readString(json.parent_id, 'parent_id'))
  event.ownerId = pooled(readString(json.owner_id, 'owner_id'))
  event.storageName = pooled(readString(json.storage_name, 'storage_name'))
  event.endTime = readTime(json.end_time, 'end_time')
  event.eventType = readEventType(json.event_type)
  readActions(json.actions, event.actions)
  event.watchDogId = pooled(readString(json.watch_dog_id, 'watch_dog_id'))
  event.lockInformation = readLockInformation(json.lock_information)
  event.err = json.err ?? null
  return event
}

function readEventType(value: unknown): EventType {
  if (value === undefined || value === null) return EventType.Unknown
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw unexpected('event_type', 'an integer', value)
  // A type of a later version is as good as none.
  return value >= EventType.Unknown && value <= EventType.WatchDog ? (value as EventType) : EventType.Unknown
}

function readActions(value: unknown, actions: Action[]): void {
  if (value === undefined || value === null) return
  if (!Array.isArray(value)) throw unexpected('actions', 'an array or null', value)
  for (let index = 0; index < value.length; index++) {
    try {
      actions.push(readAction(value[index]))
    } catch (error) {
      throw errorWithin(`actions[${index}]`, error)
    }
  }
}

function readAction(value: unknown): Action {
  const json: JsonObject<ActionField> = readObject(value, '')
  // Any time will do: left out, the clock would be read.
  const action = new Action(pooled(readString(json.name, 'name')), ZERO_TIME)
  action.startTime = readTime(json.start_time, 'start_time')
  action.endTime = readTime(json.end_time, 'end_time')
  action.err = json.err ?? null
  action.payloadMap = readMap(json.payload_map, 'payload_map')
  return action
}

function readLockInformation(value: unknown): LockInformation | undefined {
  if (value === undefined || value === null) return undefined
  try {
    return LockInformation.fromObject(value)
  } catch (error) {
    throw errorWithin('lock_information', error)
  }
}

/** Looks where numbers can be only, not into the text: that would cost a fifth of parsing it. */
function hasInexactInteger(event: Event): boolean {
  if (event.err !== null && holdsInexactInteger(event.err)) return true
  if (event.lockInformation !== undefined && holdsInexactInteger(event.lockInformation.version)) return true
  const { actions } = event
  for (let index = 0; index < actions.length; index++) {
    const action = actions[index] as Action
    if (action.err !== null && holdsInexactInteger(action.err)) return true
    if (action.payloadMap !== undefined && holdsInexactInteger(action.payloadMap)) return true
  }
  return false
}
