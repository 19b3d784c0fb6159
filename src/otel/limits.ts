import { DEFAULT_TREE_LIMITS, type TreeLimits } from '../trees/limits.js'

/**
 * The bounds of a listener. What is dropped is always detail: outcomes, counts and metrics are kept. Whatever a
 * bound left out is counted in `storage_lock.listener.dropped`, under the name of its field.
 */
export interface ListenerLimits extends TreeLimits {
  /**
   * Actions of one event that become span events; of more, the first and the last half do.
   * @default 256 — the SDK itself keeps 128 span events unless told otherwise
   */
  readonly actionsPerEvent: number
  /**
   * Spans of one trace. Past it only failed renewals and the hold get spans: a day of renewals must not make
   * a trace that no backend can open.
   * @default 5_000
   */
  readonly spansPerTrace: number
  /**
   * Locks held at the same time that are remembered, each until its release or the end of its lease.
   * About 0.5 KB each.
   * @default 10_000
   */
  readonly holds: number
  /**
   * Characters of one payload value or message that are kept. Each one that was cut counts.
   * @default 1_024
   */
  readonly payloadLength: number
  /**
   * Payload entries of one action that become attributes. Each one that was left out counts.
   * @default 32
   */
  readonly payloadEntries: number
  /**
   * Distinct lock names on metrics; more share `_OTHER`. Also the bound of distinct storage names.
   * @default 100
   */
  readonly lockNames: number
  /**
   * Events filed by `on()` in one turn of the event loop before it works some of them off itself.
   * @default 10_000
   */
  readonly queuedEvents: number
  /**
   * Events kept, the newest, while there is no SDK yet that would take anything; up to twice as many. They become spans
   * and records when there is one. Older ones are forgotten, so that a program without an SDK pays next to nothing.
   * @default 256 — a program takes its first locks while it starts, before its SDK has started
   */
  readonly unheardEvents: number
}

/**
 * What applies to each bound that is left out.
 *
 * @example
 * new OtelListener({ limits: { holds: 2 * DEFAULT_LISTENER_LIMITS.holds } })
 */
export const DEFAULT_LISTENER_LIMITS: ListenerLimits = Object.freeze({
  ...DEFAULT_TREE_LIMITS,
  actionsPerEvent: 256,
  spansPerTrace: 5_000,
  holds: 10_000,
  payloadLength: 1_024,
  payloadEntries: 32,
  lockNames: 100,
  queuedEvents: 10_000,
  unheardEvents: 256,
})

/** Fills in what is left out. @throws TypeError naming the bound that is not a whole number of at least 1 */
export function normalizeLimits(given: Partial<ListenerLimits> | undefined): ListenerLimits {
  if (given === undefined) return DEFAULT_LISTENER_LIMITS
  if (typeof given !== 'object' || given === null)
    throw new TypeError('OtelListener: limits must be an object')
  const limits: Record<string, number> = { ...DEFAULT_LISTENER_LIMITS }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (!Object.hasOwn(DEFAULT_LISTENER_LIMITS, name)) {
      const known = Object.keys(DEFAULT_LISTENER_LIMITS).join(', ')
      throw new TypeError(`OtelListener: limits.${name} is not a limit; there are ${known}`)
    }
    if (!(Number.isInteger(value) || value === Number.POSITIVE_INFINITY) || value < 1) {
      throw new TypeError(
        `OtelListener: limits.${name} must be a whole number of at least 1, got ${String(value)}`,
      )
    }
    limits[name] = value
  }
  return Object.freeze(limits) as unknown as ListenerLimits
}
