export { Action } from './action.js'
export type { ClockSources } from './clock.js'
export { createClock, now } from './clock.js'
export { eventFromJson, eventFromObject } from './codec-decode.js'
export { eventToJson } from './codec-encode.js'
export { errorMessage } from './error-message.js'
export { Event } from './event.js'
export { EventSyntaxError } from './event-syntax-error.js'
export { EventType } from './event-type.js'
export type { Eventable } from './eventable.js'
export { EVENT_ID_PREFIX, newEventId } from './ids.js'
export type { JsonLinesListenerOptions, LineStream } from './json-lines-listener.js'
export { JsonLinesListener } from './json-lines-listener.js'
export type { Listener, ListenerFunction } from './listener.js'
export { ListenerWrapper } from './listener.js'
export { LockInformation } from './lock-information.js'
export { formatRfc3339, parseRfc3339 } from './rfc3339.js'
export {
  addHrTime,
  compareHrTime,
  hrTimeToNanoseconds,
  isZeroTime,
  secondsBetween,
  subtractHrTime,
  ZERO_TIME,
} from './time.js'
export { ActionName, PayloadKey } from './vocabulary.js'
