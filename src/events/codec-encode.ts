import type { HrTime } from '@opentelemetry/api'
import type { Action } from './action.js'
import { writeString, writeValue } from './codec-values.js'
import { isError } from './error-message.js'
import type { Event } from './event.js'
import type { LockInformation } from './lock-information.js'
import { formatRfc3339 } from './rfc3339.js'

const GO_ZERO_TIME = '"0001-01-01T00:00:00Z"'

/** An event as one line of JSON, without the line's end: {@link Event.toJson}. */
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
function writeActions(actions: readonly Action[]): string {
  return actions.length === 0 ? 'null' : `[${actions.map(writeAction).join(',')}]`
}

/** An action as JSON: {@link Action.toJson}. */
export function writeAction(action: Action): string {
  return (
    `{"start_time":${writeTime(action.startTime, 'null')},"end_time":${writeTime(action.endTime, 'null')}` +
    `,"name":${writeText(action.name)},"err":${writeError(action.err)}` +
    `,"payload_map":${writeValue(action.payloadMap) ?? 'null'}}`
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

function writeError(err: unknown): string {
  if (!isError(err)) return 'null'
  const text = writeValue(err)
  // What JSON has no form for, NaN for one, is an error all the same, and null would say it is none.
  return text === undefined || text === 'null' ? writeString(String(err)) : text
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

function writeNumber(value: unknown): string {
  return typeof value === 'bigint' || Number.isFinite(value) ? String(value) : '0'
}
