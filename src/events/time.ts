import type { HrTime } from '@opentelemetry/api'

const NANOSECONDS_PER_SECOND = 1_000_000_000
const NANOSECONDS_PER_SECOND_BIG = 1_000_000_000n

/** The seconds of Go's zero time, 0001-01-01T00:00:00Z. */
const ZERO_TIME_SECONDS = -62_135_596_800

/**
 * Go's zero time, 0001-01-01T00:00:00Z: a time that was never set. Frozen.
 *
 * @example
 * formatRfc3339(ZERO_TIME) // '0001-01-01T00:00:00Z'
 */
export const ZERO_TIME: HrTime = Object.freeze([ZERO_TIME_SECONDS, 0]) as unknown as HrTime

/**
 * Whether a time is Go's zero time. Counterpart of Go's `time.Time.IsZero`.
 *
 * @example
 * isZeroTime(ZERO_TIME) // true
 */
export function isZeroTime(time: HrTime): boolean {
  return time[0] === ZERO_TIME_SECONDS && time[1] === 0
}

/**
 * Negative when `a` is before `b`, positive when after, 0 when they are the same instant.
 *
 * @example
 * compareHrTime([1, 0], [1, 5]) // -5
 */
export function compareHrTime(a: HrTime, b: HrTime): number {
  return a[0] - b[0] || a[1] - b[1]
}

/**
 * The instant `nanoseconds` after `time`, or before it when negative.
 *
 * @example
 * addHrTime([1, 0], 1_500_000_000) // [2, 500_000_000]
 */
export function addHrTime(time: HrTime, nanoseconds: number | bigint): HrTime {
  if (typeof nanoseconds === 'bigint') {
    const seconds = nanoseconds / NANOSECONDS_PER_SECOND_BIG
    return normalize(time[0] + Number(seconds), time[1] + Number(nanoseconds % NANOSECONDS_PER_SECOND_BIG))
  }
  const seconds = Math.trunc(nanoseconds / NANOSECONDS_PER_SECOND)
  return normalize(time[0] + seconds, time[1] + Math.round(nanoseconds - seconds * NANOSECONDS_PER_SECOND))
}

/**
 * The nanoseconds from `b` to `a`: negative when `a` is the earlier.
 *
 * @example
 * subtractHrTime([2, 0], [1, 999_999_999]) // 1n
 */
export function subtractHrTime(a: HrTime, b: HrTime): bigint {
  return hrTimeToNanoseconds(a) - hrTimeToNanoseconds(b)
}

/**
 * The nanoseconds since 1970-01-01T00:00:00Z.
 *
 * @example
 * hrTimeToNanoseconds([1, 5]) // 1_000_000_005n
 */
export function hrTimeToNanoseconds(time: HrTime): bigint {
  return BigInt(time[0]) * NANOSECONDS_PER_SECOND_BIG + BigInt(time[1])
}

/**
 * The seconds from `from` to `to`, negative when `to` is the earlier. Exact to the nanosecond for spans
 * below 104 days.
 *
 * @example
 * secondsBetween([1, 0], [1, 3_000_000]) // 0.003
 */
export function secondsBetween(from: HrTime, to: HrTime): number {
  // Nanoseconds first: the division then rounds once, and 3 ms is 0.003 rather than 0.0030000000000000001.
  return ((to[0] - from[0]) * NANOSECONDS_PER_SECOND + (to[1] - from[1])) / NANOSECONDS_PER_SECOND
}

function normalize(seconds: number, nanoseconds: number): HrTime {
  if (nanoseconds >= NANOSECONDS_PER_SECOND) return [seconds + 1, nanoseconds - NANOSECONDS_PER_SECOND]
  if (nanoseconds < 0) return [seconds - 1, nanoseconds + NANOSECONDS_PER_SECOND]
  return [seconds, nanoseconds]
}
