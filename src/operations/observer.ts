import type { Hold } from './hold.js'
import type { LossReason, Operation, Renewal } from './operation.js'

/**
 * Told what happened to locks: the facts that spans and metrics are made of, each once, in the order in
 * which they became certain. Every method may be left out; one that throws is reported and harms nothing.
 *
 * @example
 * const observer: LockObserver = {
 *   holdEnded: (hold, reason) => {
 *     if (reason !== undefined) console.error(`${hold.ownerId} lost ${hold.lockId}: ${reason}`)
 *   },
 * }
 * new OtelListener({ observer })
 */
export interface LockObserver {
  /**
   * A call of Lock or Unlock, or another operation, is over (or was cut off: then `finished` is false).
   *
   * @param hold the hold that an acquire began or shares, or that a release let go of
   */
  operation?(operation: Operation, hold: Hold | undefined): void
  /** A watch dog renewed a lease, or failed to. */
  renewal?(renewal: Renewal, hold: Hold | undefined): void
  /** A lock is held no more. `reason` is set when the lease was lost. */
  holdEnded?(hold: Hold, reason: LossReason | undefined): void
}
