import type { HrTime } from '@opentelemetry/api'
import type { Event } from '../events/index.js'

/** Whether `a` is before `b`. */
export function isBefore(a: HrTime, b: HrTime): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])
}

/** A usable moment: a normalised pair of integers after 1970, which Go's zero time is not. */
export function usable(time: HrTime | undefined): HrTime | undefined {
  if (time === undefined || time === null) return undefined
  const seconds = time[0]
  const nanoseconds = time[1]
  // An exporter makes integers of them: one fraction would cost it its whole batch.
  return Number.isInteger(seconds) &&
    Number.isInteger(nanoseconds) &&
    seconds > 0 &&
    seconds <= 9_007_199_254 &&
    nanoseconds >= 0 &&
    nanoseconds < 1e9
    ? time
    : undefined
}

/** When the event began: its own start, or the best that stands in for a missing one. */
export function startOf(event: Event): HrTime | undefined {
  return usable(event.startTime) ?? usable(event.actions[0]?.startTime) ?? usable(event.endTime)
}
