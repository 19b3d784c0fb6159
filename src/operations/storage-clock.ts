import type { HrTime } from '@opentelemetry/api'
import { addHrTime, subtractHrTime } from '../events/index.js'
import { isBefore } from '../trees/moments.js'
import type { LockRecord } from './lock-record.js'

/**
 * Leases run on the storage's clock, events on that of the process. The two are taken for one, unless a lease had
 * ended before it was even written: then the storage's clock is behind by so much that every hold would seem expired
 * at once. Its leases are then moved by as much as it is behind.
 *
 * @param record the record that an acquire wrote
 * @param writtenAt when the write was done, on the process's clock
 * @returns nanoseconds that the storage is behind; undefined where the clocks may be taken for one
 */
export function storageBehind(
  record: LockRecord | undefined,
  writtenAt: HrTime | undefined,
): bigint | undefined {
  const lease = record?.leaseExpireTime
  const begin = record?.lockBeginTime
  if (lease === undefined || begin === undefined || writtenAt === undefined) return undefined
  if (!isBefore(lease, writtenAt) || !isBefore(begin, lease)) return undefined
  return subtractHrTime(writtenAt, begin)
}

/** A moment on the storage's clock as one on the process's. */
export function onProcessClock(time: HrTime, behind: bigint | undefined): HrTime {
  return behind === undefined ? time : addHrTime(time, behind)
}
