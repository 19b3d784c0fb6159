import type { HrTime } from '@opentelemetry/api'
import type { Action } from './action.js'
import { isJsonObject } from './codec-fields.js'
import { writeString, writeValue } from './codec-values.js'
import { isError } from './error-message.js'
import type { Event } from './event.js'
import type { LockInformation } from './lock-information.js'
import { formatRfc3339 } from './rfc3339.js'

const GO_ZERO_TIME = '"0001-01-01T00:00:00Z"'

/**
 * An event as one line of JSON, without the line's end: the keys, their order and the escapes are Go's, so
 * that an event read from a line in UTC is written as the same bytes. Times are written in UTC, an error as
 * its message (what was read from JSON, as it was), no actions as null.
 *
 * It never throws. In payloads and errors a bigint is written as its digits, an `Error` as its message, NaN
 * and the infinities as null, a value inside itself as `"[Circular]"`, one nested past 500 levels as
 * `"[Too deep]"`, one that throws when read as `"[Unreadable]"`; undefined, functions and symbols are left
 * out. A time outside the years 0 to 9999 is written as none.
 *
 * Counterpart of go-events `Event.ToJsonString`.
 *
 * @example
 * process.stdout.write(`${eventToJson(new Event('order-42'))}\n`)
 */
export function eventToJson(event: Event): string {
  const { lockInformation } = event
  return (
    `{"id":${writeText(event.id)},"root_id":${writeText(event.rootId)},"parent_id":${writeText(event.getParentId())}` +
    `,"lock_id":${writeText(event.lockId)},"owner_id":${writeText(event.ownerId)}` +
    `,"storage_name":${writeText(event.storageName)}` +
    `,"start_time":${writeTime(event.startTime, 'null')},"end_time":${writeTime(event.endTime, 'null')}` +
    `,"event_type":${writeNumber(event.eventType)},"actions":${writeActions(event.actions)}` +
    `,"watch_dog_id":${writeText(event.watchDogId)}` +
    `,"lock_information":${lockInformation ? writeLockInformation(lockInformation) : 'null'}` +
    `,"err":${writeError(event.err)}}`
  )
}

// A list without actions is Go's nil slice.
function writeActions(actions: unknown): string {
  if (!Array.isArray(actions)) return 'null'
  let out = ''
  for (const action of actions) {
    if (isJsonObject(action)) out += `${out === '' ? '' : ','}${writeAction(action as unknown as Action)}`
  }
  return out === '' ? 'null' : `[${out}]`
}

/** An action as JSON: {@link Action.toJson}. */
export function writeAction(action: Action): string {
  return (
    `{"start_time":${writeTime(action.startTime, 'null')},"end_time":${writeTime(action.endTime, 'null')}` +
    `,"name":${writeText(action.name)},"err":${writeError(action.err)}` +
    `,"payload_map":${writePayloadMap(action.payloadMap)}}`
  )
}

/** A lock's record as JSON: {@link LockInformation.toJson}. */
export function writeLockInformation(information: LockInformation): string {
  return (
    `{"lock_id":${writeText(information.lockId)},"owner_id":${writeText(information.ownerId)}` +
    `,"version":${writeNumber(information.version)},"lock_count":${writeNumber(information.lockCount)}` +
    `,"lock_begin_time":${writeTime(information.lockBeginTime, GO_ZERO_TIME)}` +
    `,"lease_expire_time":${writeTime(information.leaseExpireTime, GO_ZERO_TIME)}}`
  )
}

// Anything else than an object would make the line unreadable as an event.
function writePayloadMap(map: Record<string, unknown> | undefined): string {
  const text = map === undefined ? undefined : writeValue(map)
  return text?.startsWith('{') ? text : 'null'
}

function writeError(err: unknown): string {
  if (!isError(err)) return 'null'
  const text = writeValue(err)
  if (text !== undefined && text !== 'null') return text
  // What JSON has no form for is an error all the same; null would say it is none.
  return typeof err === 'number' || typeof err === 'symbol' ? writeString(String(err)) : '{}'
}

function writeTime(time: HrTime | undefined, none: string): string {
  if (time === undefined) return none
  try {
    return `"${formatRfc3339(time)}"`
  } catch {
    return none
  }
}

// Callers without types may have put anything in a field; a line must come out of it nevertheless.
function writeText(value: unknown): string {
  return typeof value === 'string' ? writeString(value) : '""'
}

function writeNumber(value: number | bigint): string {
  return typeof value === 'bigint' || Number.isInteger(value) ? value.toString() : '0'
}
