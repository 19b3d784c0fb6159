import type { HrTime } from '@opentelemetry/api'
import { LockInformation, parseRfc3339 } from '../events/index.js'

/** What the storage's record of a lock said at one moment; go-storage's `LockInformation`, read leniently. */
export interface LockRecord {
  /** Who holds the lock. */
  readonly ownerId: string
  /** The record's version: the fencing token, when taken at the acquire. */
  readonly version: number | bigint | undefined
  /** How often the owner has acquired it without releasing it. */
  readonly lockCount: number | undefined
  /** Since when the owner holds it. */
  readonly lockBeginTime: HrTime | undefined
  /** Until when the lease runs. */
  readonly leaseExpireTime: HrTime | undefined
}

/** Reads the `lockInformation` of a payload: an object of the model, or what JSON made of one. */
export function readLockRecord(value: unknown): LockRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  try {
    return value instanceof LockInformation ? value : readFields(value)
  } catch {
    // A getter or a proxy of the program's own.
    return undefined
  }
}

function readFields(value: object): LockRecord | undefined {
  const json = value as Record<string, unknown>
  const ownerId = json['owner_id'] ?? json['ownerId']
  if (typeof ownerId !== 'string') return undefined
  const version = json['version']
  const lockCount = json['lock_count'] ?? json['lockCount']
  return {
    ownerId,
    version: typeof version === 'number' || typeof version === 'bigint' ? version : undefined,
    lockCount: typeof lockCount === 'number' ? lockCount : undefined,
    lockBeginTime: readTime(json['lock_begin_time'] ?? json['lockBeginTime']),
    leaseExpireTime: readTime(json['lease_expire_time'] ?? json['leaseExpireTime']),
  }
}

/** Reads the record out of the JSON text that `Storage.Get` carries. */
export function readLockRecordText(text: unknown): LockRecord | undefined {
  if (typeof text !== 'string' || text === '') return undefined
  try {
    return readLockRecord(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** Go's zero time says that there is none. */
function readTime(value: unknown): HrTime | undefined {
  const time = typeof value === 'string' ? parseRfc3339(value) : undefined
  if (time !== undefined) return time[0] > 0 ? time : undefined
  if (Array.isArray(value) && typeof value[0] === 'number' && typeof value[1] === 'number' && value[0] > 0) {
    return [value[0], value[1]]
  }
  return undefined
}
