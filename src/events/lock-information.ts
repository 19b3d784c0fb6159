import type { HrTime } from '@opentelemetry/api'
import { writeLockInformation } from './codec-encode.js'
import {
  type JsonObject,
  readBigInteger,
  readInteger,
  readObject,
  readString,
  readTime,
} from './codec-fields.js'
import { holdsInexactInteger, parseJson, parseJsonExactly } from './codec-text.js'
import { pooled } from './string-pool.js'
import { isZeroTime } from './time.js'

type Field = 'lock_id' | 'owner_id' | 'version' | 'lock_count' | 'lock_begin_time' | 'lease_expire_time'

/**
 * The record of a lock as its storage keeps it: who holds it, and until when.
 *
 * Counterpart of go-storage `LockInformation`.
 *
 * @example
 * const record = new LockInformation('order-42', 'worker-1', 7, 1, now(), addHrTime(now(), 30_000_000_000))
 * event.setLockInformation(record)
 */
export class LockInformation {
  /** The lock. */
  lockId: string
  /** Who holds it. */
  ownerId: string
  /**
   * Grows with every write of the record, so it serves as a fencing token. Unsigned, 64 bits: a `number`
   * where that is exact, a `bigint` beyond 2^53.
   */
  version: number | bigint
  /** How often the owner has acquired it without releasing it. 1 unless the lock was re-entered; can be -1. */
  lockCount: number
  /** Since when the owner holds it. `undefined` is Go's zero time. */
  lockBeginTime: HrTime | undefined
  /** Until when the lease runs. `undefined` is Go's zero time. */
  leaseExpireTime: HrTime | undefined

  /** A record with these fields; those left out have Go's zero values. */
  constructor(
    lockId = '',
    ownerId = '',
    version: number | bigint = 0,
    lockCount = 0,
    lockBeginTime?: HrTime,
    leaseExpireTime?: HrTime,
  ) {
    this.lockId = lockId
    this.ownerId = ownerId
    this.version = version
    this.lockCount = lockCount
    this.lockBeginTime = lockBeginTime
    this.leaseExpireTime = leaseExpireTime
  }

  /**
   * Reads a record from its JSON text.
   *
   * @throws {EventSyntaxError} when the text is not JSON, or a field is of another type.
   */
  static fromJson(text: string): LockInformation {
    const json = parseJson(text)
    return LockInformation.fromObject(holdsInexactInteger(json) ? parseJsonExactly(text) : json)
  }

  /**
   * Reads a record from an object that JSON.parse made. Fields that are missing have Go's zero values.
   *
   * @throws {EventSyntaxError} when it is not an object, or a field is of another type.
   */
  static fromObject(value: unknown): LockInformation {
    const json: JsonObject<Field> = readObject(value, '')
    return new LockInformation(
      pooled(readString(json.lock_id, 'lock_id')),
      pooled(readString(json.owner_id, 'owner_id')),
      readBigInteger(json.version, 'version'),
      readInteger(json.lock_count, 'lock_count'),
      readSetTime(json.lock_begin_time, 'lock_begin_time'),
      readSetTime(json.lease_expire_time, 'lease_expire_time'),
    )
  }

  /** The record as JSON text, as Go writes it. Never throws. */
  toJson(): string {
    return writeLockInformation(this)
  }

  /**
   * What `JSON.stringify` takes: the record under the names of the JSON. A version beyond 2^53 is a bigint in
   * it, which `JSON.stringify` refuses, as it does every bigint; {@link toJson} writes it.
   */
  toJSON(): Record<string, unknown> {
    return { ...(JSON.parse(this.toJson()) as Record<string, unknown>), version: this.version }
  }
}

/** Go's times here are values, not pointers: one that was never set is the zero time. */
function readSetTime(value: unknown, path: string): HrTime | undefined {
  const time = readTime(value, path)
  return time !== undefined && isZeroTime(time) ? undefined : time
}
