/**
 * What the page is handed: columns instead of objects, numbers as differences, ids once. A report of a
 * hundred thousand lines stays small enough to be mailed, and a live page gets the same form in small pieces.
 *
 * Times are whole nanoseconds. A column `start` holds the difference to the row before (the first: to `base`);
 * all other times in a row are relative to its start. -1 stands for "none" where nothing can be negative.
 */
export interface PageData {
  readonly version: 1
  /** HrTime that the first `start` of each column refers to: seconds since 1970, nanoseconds. */
  readonly base: readonly [number, number]
  /** The newest moment heard of, in nanoseconds since `base`; -1 where nothing was heard of. */
  readonly until: number
  /** Number of the newest fact, and of facts that are forgotten. */
  readonly seq: number
  readonly forgotten: number
  /** `[storage name, lock id]`. */
  readonly locks: readonly (readonly [string, string])[]
  readonly owners: readonly string[]
  /** Error types, by index + 1; 0 is none. */
  readonly errors: readonly string[]
  readonly acquires: AcquireColumns
  readonly holds: HoldColumns
  readonly releases: ReleaseColumns
  readonly renewals: RenewalColumns
}

/** What the columns of all kinds have. */
export interface Columns {
  readonly seq: readonly number[]
  readonly lock: readonly number[]
  readonly owner: readonly number[]
  readonly start: readonly number[]
  readonly length: readonly number[]
  readonly outcome: readonly number[]
}

export interface AcquireColumns extends Columns {
  /** Trace ids, 16 bytes each, in base64. */
  readonly traces: string
  /** Bits of {@link AcquireFlag}. */
  readonly flags: readonly number[]
  readonly attempts: readonly number[]
  readonly busy: readonly number[]
  readonly misses: readonly number[]
  /** From the acquire to the end of the call; -1 where it was not acquired. */
  readonly after: readonly number[]
  readonly token: readonly (number | string)[]
  readonly error: readonly number[]
  /** How many of `tries` are this row's; there each is the difference to the one before, in microseconds. */
  readonly tried: readonly number[]
  readonly tries: readonly number[]
  /** How many of `holders` are this row's: indexes of owners. */
  readonly met: readonly number[]
  readonly holders: readonly number[]
}

export interface HoldColumns extends Columns {
  readonly traces: string
  /** From start to the end of the lease; -1 where that is not known. */
  readonly lease: readonly number[]
  readonly renewals: readonly number[]
  readonly failures: readonly number[]
  readonly token: readonly (number | string)[]
  /** Index in {@link LOSS_REASONS}, which has "none" first. */
  readonly reason: readonly number[]
}

export interface ReleaseColumns extends Columns {
  readonly traces: string
  readonly flags: readonly number[]
  readonly error: readonly number[]
}

export interface RenewalColumns extends Columns {
  readonly flags: readonly number[]
  readonly reason: readonly number[]
  /** Nanoseconds of lease that were left; -1 where that is not known. */
  readonly headroom: readonly number[]
  readonly error: readonly number[]
}

export const AcquireFlag = { Complete: 1, Finished: 2, Reentrant: 4, Takeover: 8 } as const
export const RenewalFlag = { CountsAsLoss: 1 } as const

export const ACQUIRE_OUTCOMES = ['acquired', 'timeout', 'error', 'unknown'] as const
export const RELEASE_OUTCOMES = ['released', 'reentry', 'refused', 'error', 'unknown'] as const
export const RENEWAL_OUTCOMES = ['renewed', 'error', 'lost'] as const
export const HOLD_ENDS = ['released', 'lost', 'expired', 'held'] as const
export const LOSS_REASONS = ['', 'not_owner', 'not_found', 'expired'] as const
