import type { HrTime } from '@opentelemetry/api'
import type { Event } from '../events/index.js'
import { isBefore, usable } from './moments.js'

/** An action may have begun a little before its event; the event that ends a call is still part of it. */
export function endOfCall(event: Event, actionStart: HrTime | undefined): HrTime | undefined {
  const action = usable(actionStart)
  const own = usable(event.startTime)
  if (action === undefined || own === undefined) return action ?? own
  return isBefore(action, own) ? own : action
}

/** Whether a publication with as many actions says more: it has an error, or a record, that the other lacks. */
export function isFuller(event: Event, known: Event): boolean {
  const hasError = event.err !== null && event.err !== undefined
  const hadError = known.err !== null && known.err !== undefined
  if (hasError !== hadError) return hasError
  return event.lockInformation !== undefined && known.lockInformation === undefined
}
