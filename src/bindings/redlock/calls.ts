import type { HrTime } from '@opentelemetry/api'
import { now, secondsBetween } from '../../events/index.js'

/** How the attempts of one call are spaced, in milliseconds. */
export interface Pace {
  /** How many nodes are asked. */
  readonly nodes: number
  /** How many attempts are made at most; -1 retries mean `Infinity`. */
  readonly maxAttempts: number
  readonly retryDelay: number
  readonly retryJitter: number
}

/** An attempt that failed: its votes against, of which the quorum decided. */
export interface FailedAttempt {
  readonly start: HrTime
  readonly end: HrTime
  /** Whether a vote said that the resource is locked; else all of them were failures of the nodes. */
  readonly locked: boolean
  /** Whether that was a quorum of votes: nobody else can hold the lock for us. */
  readonly lockedByQuorum: boolean
  /** The last failure of a node, else the last vote. */
  readonly error: unknown
}

/**
 * One call of acquire, extend or release, seen through the `error` events that Redlock emits while it runs:
 * one for each vote against it.
 */
export class Call {
  readonly start: HrTime
  readonly #pace: Pace
  readonly #onFailure: ((attempt: FailedAttempt) => void) | undefined
  readonly #quorum: number
  #attemptStart: HrTime
  /** How long the first attempt took to be answered, in seconds. */
  #roundTrip = 0
  #failedAttempts = 0
  #locked = 0
  #errors = 0
  #error: unknown
  #last: FailedAttempt | undefined

  constructor(start: HrTime, pace: Pace, onFailure?: (attempt: FailedAttempt) => void) {
    this.start = start
    this.#attemptStart = start
    this.#pace = pace
    this.#onFailure = onFailure
    this.#quorum = Math.floor(pace.nodes / 2) + 1
  }

  get failedAttempts(): number {
    return this.#failedAttempts
  }

  /** The last attempt that failed. */
  get last(): FailedAttempt | undefined {
    return this.#last
  }

  /** A node voted against. */
  vote(error: unknown): void {
    // After its last attempt an acquire takes back what it got: those votes are none of the acquire's.
    if (this.#failedAttempts >= this.#pace.maxAttempts) return
    const at = now()
    if (this.#isLate(at)) return
    const locked = isLocked(error)
    if (locked) this.#locked += 1
    else this.#errors += 1
    if (!locked || this.#error === undefined) this.#error = error
    if (this.#locked + this.#errors < this.#quorum) return
    this.#failed(at)
  }

  /**
   * When the attempt that was answered at `end` began. Redlock tells of the first one only; a later one is
   * taken to be asked one round trip before its answer.
   */
  attemptStart(end: HrTime): HrTime {
    if (this.#failedAttempts === 0) return this.start
    const trip = Math.min(this.#roundTrip, Math.max(secondsBetween(this.#attemptStart, end), 0))
    const nanoseconds = end[1] - Math.round((trip % 1) * 1e9)
    const seconds = end[0] - Math.floor(trip)
    return nanoseconds < 0 ? [seconds - 1, nanoseconds + 1e9] : [seconds, nanoseconds]
  }

  #failed(at: HrTime): void {
    const attempt: FailedAttempt = {
      start: this.attemptStart(at),
      end: at,
      locked: this.#locked > 0,
      lockedByQuorum: this.#locked >= this.#quorum,
      error: this.#error,
    }
    if (this.#failedAttempts === 0) this.#roundTrip = secondsBetween(this.start, at)
    this.#failedAttempts += 1
    this.#attemptStart = at
    this.#last = attempt
    this.#locked = 0
    this.#errors = 0
    this.#error = undefined
    this.#onFailure?.(attempt)
  }

  /** Whether a vote belongs to an attempt that failed already: the next has not begun yet. */
  #isLate(at: HrTime): boolean {
    const { nodes, retryDelay, retryJitter } = this.#pace
    if (nodes === 1 || this.#failedAttempts === 0) return false
    return secondsBetween(this.#attemptStart, at) * 1000 < Math.max(0, retryDelay - retryJitter)
  }
}

/** The class is not imported: a program may have several copies of it. */
function isLocked(error: unknown): boolean {
  return (error as { name?: unknown } | null | undefined)?.name === 'ResourceLockedError'
}

/** What a lock of these resources is called. */
export function lockIdOf(resources: unknown): string {
  return Array.isArray(resources) ? resources.join(',') : String(resources)
}
