import type { Attributes, HrTime } from '@opentelemetry/api'
import { formatRfc3339, LockInformation } from '../events/index.js'
import { usable } from '../trees/moments.js'
import type { OwnerMask } from './owner-mask.js'
import * as semconv from './semconv.js'

/** Names of payload entries of which the attributes' names are kept. */
const KEPT_NAMES = 64

/** Writes a lock's record as attributes, field by field; times as RFC 3339. */
export class RecordAttributes {
  readonly #mask: OwnerMask
  readonly #keys = new Map<string, RecordKeys>()
  // A lock hands the same record to event after event: its times are written once.
  readonly #begin = new TimeText()
  readonly #lease = new TimeText()

  constructor(mask: OwnerMask) {
    this.#mask = mask
  }

  /** The lock information of an event, whose owner is the event's. */
  ofEvent(attributes: Attributes, record: object): void {
    this.#write(attributes, LOCK_INFORMATION_KEYS, record as Record<string, unknown>)
  }

  /** A record in a payload, which may be another owner's; `name` is the attribute of its entry. */
  ofPayload(attributes: Attributes, name: string, record: object): void {
    const keys = this.#keysBehind(name)
    const fields = record as Record<string, unknown>
    const owner = fields['owner_id'] ?? fields['ownerId']
    if (typeof owner === 'string') {
      const shown = this.#mask.show(owner)
      if (shown !== undefined) attributes[keys.owner] = shown
    }
    this.#write(attributes, keys, fields)
  }

  #write(attributes: Attributes, keys: RecordKeys, record: Record<string, unknown>): void {
    const version = record['version']
    if (typeof version === 'number') attributes[keys.version] = version
    else if (typeof version === 'bigint') attributes[keys.version] = version.toString()
    const count = record['lock_count'] ?? record['lockCount']
    if (typeof count === 'number') attributes[keys.count] = count
    const begin = this.#begin.of(record['lock_begin_time'] ?? record['lockBeginTime'])
    if (begin !== undefined) attributes[keys.begin] = begin
    const lease = this.#lease.of(record['lease_expire_time'] ?? record['leaseExpireTime'])
    if (lease !== undefined) attributes[keys.lease] = lease
  }

  #keysBehind(name: string): RecordKeys {
    let keys = this.#keys.get(name)
    if (keys === undefined) {
      keys = recordKeys(`${name}.`)
      if (this.#keys.size < KEPT_NAMES) this.#keys.set(name, keys)
    }
    return keys
  }
}

/** The attributes of a lock record: made once, since putting a name together costs more than setting its value. */
interface RecordKeys {
  readonly owner: string
  readonly version: string
  readonly count: string
  readonly begin: string
  readonly lease: string
}

const LOCK_INFORMATION_KEYS = recordKeys(semconv.LOCK_INFORMATION_PREFIX)

function recordKeys(prefix: string): RecordKeys {
  return {
    owner: prefix + semconv.RECORD_OWNER_ID,
    version: prefix + semconv.RECORD_VERSION,
    count: prefix + semconv.RECORD_LOCK_COUNT,
    begin: prefix + semconv.RECORD_LOCK_BEGIN_TIME,
    lease: prefix + semconv.RECORD_LEASE_EXPIRE_TIME,
  }
}

/** Writes times, and the same time only once. */
class TimeText {
  #value: unknown
  #text: string | undefined

  of(value: unknown): string | undefined {
    if (typeof value === 'string') return value.length > 40 ? value.slice(0, 40) : value
    if (!Array.isArray(value)) return undefined
    if (value !== this.#value) {
      const time = usable(value as unknown as HrTime)
      this.#text = time === undefined ? undefined : formatRfc3339(time)
      this.#value = value
    }
    return this.#text
  }
}

/** Whether a value of a payload is a lock's record. */
export function isRecord(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  return value instanceof LockInformation || ('lease_expire_time' in value && 'owner_id' in value)
}
