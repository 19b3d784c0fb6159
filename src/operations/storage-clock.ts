import type { HrTime } from '@opentelemetry/api'
import { isBefore } from '../trees/moments.js'
import type { LockRecord } from './lock-record.js'

/**
 * Leases run on the storage's clock, events on that of the process. The two are taken for one, unless a lease had
 * ended before it was even written: then the storage's clock is behind by so much that every hold would seem expired
 * at once. Its leases are then moved by as much as it is behind.
 *
 * @param record the record that an acquire wrote
 * @param writtenAt when the write was done, on the process's clock
 * @returns seconds and nanoseconds that the storage is behind; undefined where the clocks may be taken for one
 */
export function storageBehind(
  record: LockRecord | undefined,
  writtenAt: HrTime | undefined,
): HrTime | undefined {
  const lease = record?.leaseExpireTime
  const begin = record?.lockBeginTime
  if (lease === undefined || begin === undefined || writtenAt === undefined) return undefined
  if (!isBefore(lease, writtenAt) || !isBefore(begin, lease)) return undefined
  const nanoseconds = writtenAt[1] - begin[1]
  const borrow = nanoseconds < 0 ? 1 : 0
  return [writtenAt[0] - begin[0] - borrow, nanoseconds + borrow * 1e9]
}

/** A moment on the storage's clock as one on the process's. */
export function onProcessClock(time: HrTime, behind: HrTime | undefined): HrTime {
  if (behind === undefined) return time
  const nanoseconds = time[1] + behind[1]
  const carry = nanoseconds >= 1e9 ? 1 : 0
  return [time[0] + behind[0] + carry, nanoseconds - carry * 1e9]
}
