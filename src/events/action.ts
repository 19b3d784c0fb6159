import type { HrTime } from '@opentelemetry/api'
import { now } from './clock.js'
import { writeAction } from './codec-encode.js'
import { isJsonObject } from './codec-fields.js'
import { errorIs, errorMessage } from './error-message.js'
import { LockInformation } from './lock-information.js'
import { parseRfc3339 } from './rfc3339.js'
import { subtractHrTime } from './time.js'

/**
 * One thing that was done in the course of an event: a name, a time or two, an error, a payload.
 *
 * Counterpart of go-events `Action`.
 *
 * @example
 * const action = new Action(ActionName.StorageGet)
 * const text = await storage.get(lockId)
 * event.addAction(action.end().addPayload('lockId', lockId))
 */
export class Action {
  /** When it began. */
  startTime: HrTime | undefined
  /** When it ended; `undefined` where only its moment is of interest. */
  endTime: HrTime | undefined
  /** Its name, one of `ActionName` or any other. */
  name: string
  /** What failed; `null` for nothing. Any other value is an error. */
  err: unknown
  /** Whatever else belongs to it, by key; read-only once its event is published. */
  payloadMap: Record<string, unknown> | undefined

  /**
   * An action that begins, without end, error or payload.
   *
   * @param startTime left out, or `undefined`: now.
   */
  constructor(name: string, startTime: HrTime = now()) {
    this.startTime = startTime
    this.endTime = undefined
    this.name = name
    this.err = null
    this.payloadMap = undefined
  }

  /** Ends it now. */
  end(): this {
    this.endTime = now()
    return this
  }

  /** The nanoseconds from its start to its end; 0 while it lacks one of them. */
  cost(): bigint {
    return this.startTime === undefined || this.endTime === undefined
      ? 0n
      : subtractHrTime(this.endTime, this.startTime)
  }

  /** Sets its name. */
  setName(name: string): this {
    this.name = name
    return this
  }

  /** Sets what failed; `null` or `undefined` for nothing. */
  setErr(err: unknown): this {
    this.err = err
    return this
  }

  /** Makes it one that did not fail. */
  clearErr(): this {
    this.err = null
    return this
  }

  /** The message of its error; empty when it has none, or an error without words. */
  errMessage(): string {
    return errorMessage(this.err)
  }

  /**
   * Whether its error, or one of the causes of it, is `target`, or an instance of `target` when that is a
   * class.
   */
  errorIs(target: unknown): boolean {
    return errorIs(this.err, target)
  }

  /** Takes the map itself, not a copy. */
  setPayloadMap(payloadMap: Record<string, unknown> | undefined): this {
    this.payloadMap = payloadMap
    return this
  }

  /** Adds an entry to the payload. */
  addPayload(key: string, value: unknown): this {
    this.payloadMap ??= {}
    if (key === '__proto__') {
      // Assigned, it would replace the map's prototype.
      Object.defineProperty(this.payloadMap, key, {
        value,
        enumerable: true,
        writable: true,
        configurable: true,
      })
    } else {
      this.payloadMap[key] = value
    }
    return this
  }

  /** Leaves it without a payload. */
  clearPayloadMap(): this {
    this.payloadMap = undefined
    return this
  }

  /** Whether the payload has the key, be its value `null`. */
  hasPayload(key: string): boolean {
    return this.payloadMap !== undefined && Object.hasOwn(this.payloadMap, key)
  }

  /** The value under a key; `undefined` when there is none. */
  payload(key: string): unknown {
    return this.hasPayload(key) ? this.payloadMap?.[key] : undefined
  }

  /** The value under a key when it is a string, else `undefined`. */
  payloadAsString(key: string): string | undefined {
    const value = this.payload(key)
    return typeof value === 'string' ? value : undefined
  }

  /** The value under a key when it is a number, else `undefined`. A bigint comes as the nearest number. */
  payloadAsNumber(key: string): number | undefined {
    const value = this.payload(key)
    if (typeof value === 'number') return value
    return typeof value === 'bigint' ? Number(value) : undefined
  }

  /** The value under a key when it is an integer, with all its digits, else `undefined`. */
  payloadAsBigInt(key: string): bigint | undefined {
    const value = this.payload(key)
    if (typeof value === 'bigint') return value
    return Number.isInteger(value) ? BigInt(value as number) : undefined
  }

  /** The value under a key when it is a boolean, else `undefined`. */
  payloadAsBoolean(key: string): boolean | undefined {
    const value = this.payload(key)
    return typeof value === 'boolean' ? value : undefined
  }

  /** The value under a key when it is an RFC 3339 time, else `undefined`. */
  payloadAsTime(key: string): HrTime | undefined {
    const value = this.payload(key)
    return typeof value === 'string' ? parseRfc3339(value) : undefined
  }

  /** The value under a key when it is a lock's record, else `undefined`. */
  payloadAsLockInformation(key: string): LockInformation | undefined {
    const value = this.payload(key)
    if (value instanceof LockInformation) return value
    if (!isJsonObject(value)) return undefined
    try {
      return LockInformation.fromObject(value)
    } catch {
      return undefined
    }
  }

  /** The action as JSON text, as Go writes it. Never throws. */
  toJson(): string {
    return writeAction(this)
  }

  /** What `JSON.stringify` takes: the action as {@link toJson} writes it, integers beyond 2^53 as near as they come. */
  toJSON(): unknown {
    return JSON.parse(this.toJson())
  }
}
