import type { Attributes } from '@opentelemetry/api'

/**
 * The names of everything this library writes. There is no semantic convention for locks yet; these follow
 * the general rules (lower case, dotted namespaces, annotation units, seconds), and `error.type`,
 * `error.message` and `db.system.name` are the conventions' own, copied so that none of their packages is
 * needed at run time.
 */

/** The instrumentation scope of tracer and meter. */
export const SCOPE_NAME = 'storage-lock-otel'

export const ATTR_ROOT_ID = 'storage_lock.root_id'
export const ATTR_EVENT_ID = 'storage_lock.event.id'
export const ATTR_EVENT_TYPE = 'storage_lock.event.type'
export const ATTR_EVENT_PUBLISHED = 'storage_lock.event.published'
export const ATTR_LOCK_ID = 'storage_lock.lock.id'
export const ATTR_LOCK_NAME = 'storage_lock.lock.name'
export const ATTR_OWNER_ID = 'storage_lock.owner.id'
export const ATTR_STORAGE_NAME = 'storage_lock.storage.name'
export const ATTR_WATCH_DOG_ID = 'storage_lock.watch_dog.id'
export const ATTR_OUTCOME = 'storage_lock.outcome'
export const ATTR_CONTENDED = 'storage_lock.contended'
export const ATTR_ATTEMPTS = 'storage_lock.attempts'
export const ATTR_BUSY_COUNT = 'storage_lock.busy_count'
export const ATTR_VERSION_MISS_COUNT = 'storage_lock.version_miss_count'
export const ATTR_FENCING_TOKEN = 'storage_lock.fencing_token'
export const ATTR_REENTRANT = 'storage_lock.reentrant'
export const ATTR_TAKEOVER = 'storage_lock.takeover'
export const ATTR_HOLD_END = 'storage_lock.hold.end'
export const ATTR_RENEWALS = 'storage_lock.hold.renewals'
export const ATTR_FAILED_RENEWALS = 'storage_lock.hold.failed_renewals'
export const ATTR_OPERATION = 'storage_lock.operation'
export const ATTR_REASON = 'storage_lock.reason'
export const ATTR_UNFINISHED = 'storage_lock.unfinished'
export const ATTR_DROPPED_EVENTS = 'storage_lock.dropped_events'
export const ATTR_RELATION = 'storage_lock.relation'
export const ATTR_ACTION_DURATION = 'storage_lock.action.duration'
export const ATTR_LATE = 'storage_lock.event.late'
export const ATTR_LIMIT = 'storage_lock.limit'
export const ATTR_RESULT = 'storage_lock.result'
/** The fields of a lock's record, behind a prefix. */
export const RECORD_OWNER_ID = 'owner_id'
export const RECORD_VERSION = 'version'
export const RECORD_LOCK_COUNT = 'lock_count'
export const RECORD_LOCK_BEGIN_TIME = 'lock_begin_time'
export const RECORD_LEASE_EXPIRE_TIME = 'lease_expire_time'
/** Prefix of the attributes made of an action's payload; the key follows as it is. */
export const PAYLOAD_PREFIX = 'storage_lock.payload.'
/** Prefix of the attributes made of an event's lock information. */
export const LOCK_INFORMATION_PREFIX = 'storage_lock.lock_information.'
export const ATTR_ERROR_TYPE = 'error.type'
export const ATTR_ERROR_MESSAGE = 'error.message'
export const ATTR_DB_SYSTEM_NAME = 'db.system.name'

export const METRIC_ACQUIRE_DURATION = 'storage_lock.acquire.duration'
export const METRIC_ACQUIRE_ATTEMPTS = 'storage_lock.acquire.attempts'
export const METRIC_HOLD_DURATION = 'storage_lock.hold.duration'
export const METRIC_RELEASE_DURATION = 'storage_lock.release.duration'
export const METRIC_RENEWAL_DURATION = 'storage_lock.renewal.duration'
export const METRIC_RENEWAL_HEADROOM = 'storage_lock.renewal.headroom'
export const METRIC_STORAGE_DURATION = 'storage_lock.storage.operation.duration'
export const METRIC_CONTENTIONS = 'storage_lock.contentions'
export const METRIC_LEASE_LOSSES = 'storage_lock.lease.losses'
export const METRIC_TAKEOVERS = 'storage_lock.takeovers'
export const METRIC_HELD = 'storage_lock.held'
export const METRIC_WAITING = 'storage_lock.waiting'
export const METRIC_HOLD_AGE_MAX = 'storage_lock.hold.age.max'
export const METRIC_WAIT_AGE_MAX = 'storage_lock.wait.age.max'
export const METRIC_LISTENER_EVENTS = 'storage_lock.listener.events'
export const METRIC_LISTENER_DROPPED = 'storage_lock.listener.dropped'
export const METRIC_LISTENER_ERRORS = 'storage_lock.listener.errors'
export const METRIC_LISTENER_SPANS = 'storage_lock.listener.spans'
export const METRIC_LISTENER_TREES = 'storage_lock.listener.trees'

/**
 * What every span of a node carries. The names are spelled out again: an object literal with constant names is
 * made at once, one with computed names step by step.
 */
export function nodeAttributes(rootId: string, eventId: string, eventType: string): Attributes {
  return {
    'storage_lock.root_id': rootId,
    'storage_lock.event.id': eventId,
    'storage_lock.event.type': eventType,
  }
}

/** The same, with what nearly all of them have besides. */
export function wholeNodeAttributes(
  rootId: string,
  eventId: string,
  eventType: string,
  lockId: string,
  ownerId: string,
  storageName: string,
): Attributes {
  return {
    'storage_lock.root_id': rootId,
    'storage_lock.event.id': eventId,
    'storage_lock.event.type': eventType,
    'storage_lock.lock.id': lockId,
    'storage_lock.owner.id': ownerId,
    'storage_lock.storage.name': storageName,
  }
}

/** Name of the span of a hold. */
export const SPAN_HOLD = 'StorageLock.Hold'

/** What a link says: the value of {@link ATTR_RELATION}. */
export type Relation = 'holds' | 'took-over' | 'waited-for' | 'caller'

/** What stands for a value beyond a bound of cardinality. */
export const OTHER = '_OTHER'
