import type { HrTime } from '@opentelemetry/api'
import { Action, Event, EventType, LockInformation } from '../events/index.js'

const MAX_ID = 512
const MAX_TEXT = 4096
/** A month of renewals; each is copied anew with every publication. */
const MAX_ACTIONS = 100_000
const MAX_PARENTS = 32

/**
 * Makes an event of the model out of anything that looks like one: an event of another copy of this package,
 * a plain object, a hostile one. Fields of the wrong type take their zero value.
 *
 * @throws TypeError when it has no usable id
 */
export function adoptEvent(value: unknown): Event {
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`an event must be an object, got ${typeof value}`)
  const source = value as Record<string, unknown>
  const id = text(source, 'id', MAX_ID)
  if (id === '') throw new TypeError('an event must have an id that is a non-empty string')
  const event = new Event('', id, time(source, 'startTime'))
  event.rootId = text(source, 'rootId', MAX_ID)
  event.parentId = text(source, 'parentId', MAX_ID)
  event.lockId = text(source, 'lockId', MAX_TEXT)
  event.ownerId = text(source, 'ownerId', MAX_TEXT)
  event.storageName = text(source, 'storageName', MAX_TEXT)
  event.watchDogId = text(source, 'watchDogId', MAX_ID)
  event.endTime = time(source, 'endTime')
  event.endedExplicitly = read(source, 'endedExplicitly') === true
  const type = read(source, 'eventType')
  event.eventType = type === 1 || type === 2 || type === 3 || type === 4 ? type : EventType.Unknown
  event.err = read(source, 'err') ?? null
  event.lockInformation = lockInformation(read(source, 'lockInformation'))
  event.parent = parents(read(source, 'parent'))
  const actions = read(source, 'actions')
  if (Array.isArray(actions)) {
    const count = Math.min(actions.length, MAX_ACTIONS)
    for (let i = 0; i < count; i++) event.actions.push(action(read(actions, i)))
  }
  return event
}

function action(value: unknown): Action {
  const source = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const adopted = new Action(text(source, 'name', MAX_ID), time(source, 'startTime'))
  adopted.startTime = time(source, 'startTime')
  adopted.endTime = time(source, 'endTime')
  adopted.err = read(source, 'err') ?? null
  const payload = read(source, 'payloadMap')
  if (typeof payload === 'object' && payload !== null) {
    const copy: Record<string, unknown> = {}
    let keys: string[] = []
    try {
      keys = Object.keys(payload)
    } catch {
      // A proxy that refuses to be listed has no payload.
    }
    for (const key of keys) {
      if (key !== '__proto__') copy[key] = read(payload, key)
    }
    adopted.payloadMap = copy
  }
  return adopted
}

/** Only the ids of the parents are wanted: where an unpublished event hangs. */
function parents(value: unknown): Event | undefined {
  let below: Event | undefined
  let first: Event | undefined
  let current = value
  for (let depth = 0; depth < MAX_PARENTS && typeof current === 'object' && current !== null; depth++) {
    const id = text(current as Record<string, unknown>, 'id', MAX_ID)
    if (id === '') break
    const parent = new Event('', id, undefined)
    if (below === undefined) first = parent
    else below.parent = parent
    below = parent
    current = read(current, 'parent')
  }
  return first
}

function lockInformation(value: unknown): LockInformation | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const source = value as Record<string, unknown>
  const version = read(source, 'version')
  const count = read(source, 'lockCount')
  return new LockInformation(
    text(source, 'lockId', MAX_TEXT),
    text(source, 'ownerId', MAX_TEXT),
    typeof version === 'number' || typeof version === 'bigint' ? version : 0,
    typeof count === 'number' ? count : 0,
    time(source, 'lockBeginTime'),
    time(source, 'leaseExpireTime'),
  )
}

function read(source: object, key: string | number): unknown {
  try {
    return (source as Record<string | number, unknown>)[key]
  } catch {
    return undefined
  }
}

function text(source: object, key: string, bound: number): string {
  const value = read(source, key)
  if (typeof value !== 'string') return ''
  return value.length > bound ? value.slice(0, bound) : value
}

function time(source: object, key: string): HrTime | undefined {
  const value = read(source, key)
  if (!Array.isArray(value)) return undefined
  const seconds = read(value, 0)
  const nanoseconds = read(value, 1)
  return typeof seconds === 'number' && typeof nanoseconds === 'number' ? [seconds, nanoseconds] : undefined
}
