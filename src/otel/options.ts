import type { Attributes, AttributeValue, MeterProvider, TracerProvider } from '@opentelemetry/api'
import type { Event } from '../events/index.js'
import type { LockObserver } from '../operations/observer.js'
import { type ListenerLimits, normalizeLimits } from './limits.js'
import { steadyClock } from './steady-clock.js'

/** How much of a tree becomes spans. Outcomes, counts and metrics are the same at each level. */
export type Detail = 'full' | 'compact' | 'operation'
/** Whose trace a lock's spans stand in. */
export type TraceMode = 'root-id' | 'caller'
/** What becomes of owner ids in spans, links and payloads. */
export type OwnerIdMode = 'keep' | 'hash' | 'drop'

/**
 * Makes the name that metrics carry out of a lock id; undefined leaves the label out.
 *
 * @example
 * const lockName: LockNameHook = (lockId) => lockId.split(':')[0]
 */
export type LockNameHook = (lockId: string) => string | undefined
/**
 * Decides on one payload entry: the attribute's value, or undefined to leave it out.
 *
 * @example
 * const payload: PayloadHook = (key, value) => (key === 'lockBusyCount' ? Number(value) : undefined)
 */
export type PayloadHook = (key: string, value: unknown, actionName: string) => AttributeValue | undefined
/**
 * Adds attributes to the span of an event; undefined adds none.
 *
 * @example
 * const attributes: AttributesHook = (event) => ({ 'app.queue': event.lockId.split(':')[0] })
 */
export type AttributesHook = (event: Event) => Attributes | undefined

/** A monotonic clock: milliseconds since any moment. */
export interface ListenerClock {
  /** Milliseconds since any fixed moment; never goes back. */
  now(): number
}

/**
 * Options of {@link OtelListener}; all may be left out.
 *
 * @example
 * const options: OtelListenerOptions = {
 *   detail: 'compact',
 *   trace: 'caller',
 *   ownerId: 'hash',
 *   limits: { lockNames: 20 },
 * }
 */
export interface OtelListenerOptions {
  /**
   * Makes the tracer.
   * @default the global tracer provider, also one that is set later
   */
  readonly tracerProvider?: TracerProvider | undefined
  /**
   * Makes the meter.
   * @default the global meter provider, also one that is set later
   */
  readonly meterProvider?: MeterProvider | undefined
  /**
   * `full`: a span for each event. `compact`: announcements become span events of their parent, and a
   * renewal is one span. `operation`: one span for each lock, unlock, renewal and hold.
   * @default 'full'
   */
  readonly detail?: Detail | undefined
  /**
   * `root-id`: each lock and unlock is a trace of its own, whose id is the root event's, linked to the span
   * that was active. `caller`: it is a child of the active span, in the request's own trace.
   * @default 'root-id'
   */
  readonly trace?: TraceMode | undefined
  /**
   * Whether a hold is a span of its own, from acquired to released, lost or expired.
   * @default true
   */
  readonly holdSpan?: boolean | undefined
  /**
   * The label `storage_lock.lock.name`: a template of the lock id by default (`order-42` → `order-*`), the
   * hook's answer, or none at all with `false`.
   */
  readonly lockName?: LockNameHook | false | undefined
  /**
   * Milliseconds a finished tree waits for late and reordered lines. 0 suits listeners in the process that
   * publishes; streams that went through a log shipper need some.
   * @default 0
   */
  readonly settle?: number | undefined
  /**
   * Milliseconds of silence after which an unfinished tree is exported as it is, marked unfinished.
   * @default 300_000
   */
  readonly idleTimeout?: number | undefined
  /**
   * Milliseconds that events wait to be worked off together. Right after an event its lock is about to ask its
   * storage something: a few milliseconds later the telemetry is in nobody's way. 0 works them off as soon as
   * the current turn of the event loop is over.
   * @default 5
   */
  readonly batchDelay?: number | undefined
  /** Bounds of all that grows; see {@link ListenerLimits} for each and its default. */
  readonly limits?: Partial<ListenerLimits> | undefined
  /**
   * What becomes of owner ids on spans, links and in payloads: kept, replaced by a short hash, or removed.
   * They are never on metrics.
   * @default 'keep'
   */
  readonly ownerId?: OwnerIdMode | undefined
  /**
   * Decides what of the payloads becomes attributes: all of it, what the hook returns, or nothing (`false`).
   */
  readonly payload?: PayloadHook | false | undefined
  /** Adds attributes of your own to each event's span. */
  readonly attributes?: AttributesHook | undefined
  /** Told the facts that spans and metrics are made of; see {@link LockObserver}. */
  readonly observer?: LockObserver | undefined
  /**
   * Measures `settle` and `idleTimeout`.
   * @default performance.now()
   */
  readonly clock?: ListenerClock | undefined
  /**
   * The listener's name among a lock's listeners.
   * @default 'storage-lock-otel'
   */
  readonly name?: string | undefined
  /**
   * Read by OpenTelemetry's instrumentation registry: `false` makes a listener that ignores all events until
   * `enable()` is called. `registerInstrumentations` and `NodeSDK` call it.
   * @default true
   */
  readonly enabled?: boolean | undefined
}

/** Options with everything decided. */
export interface NormalizedOptions {
  readonly detail: Detail
  readonly trace: TraceMode
  readonly holdSpan: boolean
  readonly lockName: LockNameHook | false | undefined
  readonly settle: number
  readonly idleTimeout: number
  readonly batchDelay: number
  readonly limits: ListenerLimits
  readonly ownerId: OwnerIdMode
  readonly payload: PayloadHook | false | undefined
  readonly attributes: AttributesHook | undefined
  readonly observer: LockObserver | undefined
  readonly clock: ListenerClock
  readonly name: string
  readonly enabled: boolean
}

const KNOWN = new Set([
  'tracerProvider',
  'meterProvider',
  'detail',
  'trace',
  'holdSpan',
  'lockName',
  'settle',
  'idleTimeout',
  'batchDelay',
  'limits',
  'ownerId',
  'payload',
  'attributes',
  'observer',
  'clock',
  'name',
  'enabled',
])

/** Validates and fills in. @throws TypeError naming the option that is wrong */
export function normalizeOptions(given: OtelListenerOptions = {}): NormalizedOptions {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(`OtelListener: options must be an object, got ${shown(given)}`)
  }
  for (const key of Object.keys(given)) {
    if (!KNOWN.has(key)) {
      throw new TypeError(`OtelListener: ${key} is not an option; there are ${[...KNOWN].join(', ')}`)
    }
  }
  provider('tracerProvider', given.tracerProvider, 'getTracer')
  provider('meterProvider', given.meterProvider, 'getMeter')
  const clock = given.clock === undefined ? DEFAULT_CLOCK : given.clock
  if (typeof clock?.now !== 'function') throw new TypeError('OtelListener: clock must have a method now()')
  if (given.lockName !== undefined && given.lockName !== false) hook('lockName', given.lockName)
  if (given.payload !== undefined && given.payload !== false) hook('payload', given.payload)
  if (given.attributes !== undefined) hook('attributes', given.attributes)
  if (given.observer !== undefined) observer(given.observer)
  if (given.name !== undefined && (typeof given.name !== 'string' || given.name === '')) {
    throw new TypeError('OtelListener: name must be a non-empty string')
  }
  return Object.freeze({
    detail: oneOf('detail', given.detail, ['full', 'compact', 'operation'], 'full'),
    trace: oneOf('trace', given.trace, ['root-id', 'caller'], 'root-id'),
    holdSpan: flag('holdSpan', given.holdSpan, true),
    lockName: given.lockName,
    settle: milliseconds('settle', given.settle, 0),
    idleTimeout: milliseconds('idleTimeout', given.idleTimeout, 300_000),
    batchDelay: milliseconds('batchDelay', given.batchDelay, 5),
    limits: normalizeLimits(given.limits),
    ownerId: oneOf('ownerId', given.ownerId, ['keep', 'hash', 'drop'], 'keep'),
    payload: given.payload,
    attributes: given.attributes,
    observer: given.observer,
    clock: steadyClock(clock),
    name: given.name ?? 'storage-lock-otel',
    enabled: flag('enabled', given.enabled, true),
  })
}

const DEFAULT_CLOCK: ListenerClock = { now: () => performance.now() }

function oneOf<T extends string>(name: string, value: T | undefined, allowed: readonly T[], fallback: T): T {
  if (value === undefined) return fallback
  if (!allowed.includes(value)) {
    const choices = allowed.map((each) => `'${each}'`).join(', ')
    throw new TypeError(`OtelListener: ${name} must be one of ${choices}, got ${shown(value)}`)
  }
  return value
}

function flag(name: string, value: boolean | undefined, fallback: boolean): boolean {
  if (value === undefined) return fallback
  if (typeof value !== 'boolean')
    throw new TypeError(`OtelListener: ${name} must be true or false, got ${shown(value)}`)
  return value
}

function milliseconds(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback
  if (typeof value !== 'number' || Number.isNaN(value) || value < 0) {
    throw new TypeError(`OtelListener: ${name} must be milliseconds of at least 0, got ${shown(value)}`)
  }
  return value
}

function hook(name: string, value: unknown): void {
  if (typeof value !== 'function') {
    throw new TypeError(`OtelListener: ${name} must be a function${name === 'attributes' ? '' : ' or false'}`)
  }
}

function observer(value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError('OtelListener: observer must be an object with methods operation, renewal, holdEnded')
  }
  for (const name of ['operation', 'renewal', 'holdEnded']) {
    const method = (value as Record<string, unknown>)[name]
    if (method !== undefined && typeof method !== 'function') {
      throw new TypeError(`OtelListener: observer.${name} must be a function`)
    }
  }
}

/** Any value in a message; some refuse to become text. */
function shown(value: unknown): string {
  try {
    return Array.isArray(value) ? 'an array' : String(value)
  } catch {
    return `a value of type ${typeof value}`
  }
}

function provider(name: string, value: unknown, method: string): void {
  if (value === undefined) return
  if (typeof (value as Record<string, unknown> | null)?.[method] !== 'function') {
    throw new TypeError(`OtelListener: ${name} must have a method ${method}()`)
  }
}
