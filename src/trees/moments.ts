import type { HrTime } from '@opentelemetry/api'
import type { Event } from '../events/index.js'

/** Whether `a` is before `b`. */
export function isBefore(a: HrTime, b: HrTime): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])
}

/** A usable moment: a normalised pair after 1970, which Go's zero time is not. */
export function usable(time: HrTime | undefined): HrTime | undefined {
  if (
    time !== undefined &&
    time !== null &&
    time[0] > 0 &&
    time[1] >= 0 &&
    time[1] < 1e9 &&
    time[0] <= 9_007_199_254
  ) {
    return time
  }
  return undefined
}

/** When the event began: its own start, or the best that stands in for a missing one. */
export function startOf(event: Event): HrTime | undefined {
  return usable(event.startTime) ?? usable(event.actions[0]?.startTime) ?? usable(event.endTime)
}
