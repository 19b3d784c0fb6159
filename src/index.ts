export type {
  AcquireFact,
  ContentionFact,
  ContentionFacts,
  ContentionRecorderOptions,
  FactBase,
  Holder,
  HoldFact,
  OpenAcquires,
  ReleaseFact,
  RenewalFact,
} from './contention/index.js'
export { ContentionRecorder } from './contention/index.js'
export type {
  ClockSources,
  Eventable,
  JsonLinesListenerOptions,
  LineStream,
  Listener,
  ListenerFunction,
} from './events/index.js'
export {
  Action,
  ActionName,
  addHrTime,
  compareHrTime,
  createClock,
  EVENT_ID_PREFIX,
  Event,
  EventSyntaxError,
  EventType,
  eventFromJson,
  eventFromObject,
  eventToJson,
  formatRfc3339,
  hrTimeToNanoseconds,
  isZeroTime,
  JsonLinesListener,
  ListenerWrapper,
  LockInformation,
  newEventId,
  now,
  PayloadKey,
  parseRfc3339,
  secondsBetween,
  subtractHrTime,
  ZERO_TIME,
} from './events/index.js'
export type { Hold, HoldEnd } from './operations/hold.js'
export type { LockRecord } from './operations/lock-record.js'
export type { LockObserver } from './operations/observer.js'
export type {
  AcquireOperation,
  AcquireOutcome,
  LossReason,
  NodeFailure,
  Operation,
  OperationBase,
  OtherOperation,
  ReleaseOperation,
  ReleaseOutcome,
  Renewal,
  RenewalOutcome,
  StorageCall,
  StorageOutcome,
} from './operations/operation.js'
export { EventIdGenerator } from './otel/event-id-generator.js'
export { ATTEMPT_BUCKETS, DURATION_BUCKETS } from './otel/instruments.js'
export type { ListenerLimits } from './otel/limits.js'
export { DEFAULT_LISTENER_LIMITS } from './otel/limits.js'
export { OtelListener } from './otel/listener.js'
export { lockNameOf } from './otel/lock-template.js'
export type {
  AttributesHook,
  Detail,
  ListenerClock,
  LockNameHook,
  OtelListenerOptions,
  OwnerIdMode,
  PayloadHook,
  TraceMode,
} from './otel/options.js'
export { spanIdOf, traceIdOf } from './otel/span-ids.js'
export type { ListenerSpanProcessor } from './otel/span-processor.js'
export type { WaitingAcquire } from './otel/waiting.js'
export { VERSION } from './version.js'
