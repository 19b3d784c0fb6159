import type { HrTime } from '@opentelemetry/api'
import type { TreeNode } from '../trees/node.js'
import type { LockRecord } from './lock-record.js'

/** How an acquire ended. `unknown`: it finished, but the line that says how was lost. */
export type AcquireOutcome = 'acquired' | 'timeout' | 'error' | 'unknown'
/** How a release ended. `reentry`: one level of a reentrant lock; `refused`: not the owner (any more). */
export type ReleaseOutcome = 'released' | 'reentry' | 'refused' | 'error' | 'unknown'
/** How a renewal ended. `lost`: the lease is gone. */
export type RenewalOutcome = 'renewed' | 'error' | 'lost'
/** How a storage operation ended. `miss`: another was faster, or the lock does not exist; that is normal. */
export type StorageOutcome = 'ok' | 'miss' | 'error'
/** Why a lease was lost. */
export type LossReason = 'not_owner' | 'not_found' | 'expired'

/** What every operation has. Times are HrTime: seconds and nanoseconds since 1970. */
export interface OperationBase {
  /** The id of its root event; its 32 hex digits are the trace id. */
  readonly rootId: string
  /** The lock; empty where the events named none. */
  readonly lockId: string
  /** Who called; empty where the events named nobody. */
  readonly ownerId: string
  /** The storage that keeps the lock; empty where the events named none. */
  readonly storageName: string
  /** The whole operation, as its root span shows it. */
  readonly start: HrTime
  /** When it was over. */
  readonly end: HrTime
  /** Whether its Finish was seen. */
  readonly finished: boolean
  /** Low-cardinality class of the failure; set exactly when the operation failed. */
  readonly errorType: string | undefined
  /** What the error said, where it said anything. */
  readonly errorMessage: string | undefined
  /** The timed calls to the storage that belong to it. */
  readonly storageCalls: readonly StorageCall[]
  /** The nodes whose failure made the operation fail, and own errors of custom events. */
  readonly failures: ReadonlyMap<TreeNode, NodeFailure>
}

/** A call of Lock. */
export interface AcquireOperation extends OperationBase {
  /** A call of Lock. */
  readonly kind: 'acquire'
  /** How it ended. */
  readonly outcome: AcquireOutcome
  /** Whether the outcome is to be measured: it was decided, or the call finished. */
  readonly complete: boolean
  /** Attempts it made; 1 when it got the lock at once. */
  readonly attempts: number
  /** When the attempts began, oldest first; an even choice of at most 64 where there were more. */
  readonly triedAt: readonly HrTime[]
  /** Attempts that found the lock held. */
  readonly busy: number
  /** Attempts that lost a race to another writer. */
  readonly versionMisses: number
  /** When the lock was acquired. */
  readonly acquiredAt: HrTime | undefined
  /** The record as it was written by the acquire: lease, begin time, fencing token. */
  readonly record: LockRecord | undefined
  /** When that was written, on the clock of the process. */
  readonly writtenAt: HrTime | undefined
  /** The watch dog that renews the lease; empty for none. */
  readonly watchDogId: string
  /** Whether the owner held the lock already. */
  readonly reentrant: boolean
  /** Whether an expired or abandoned record of another owner was taken over. */
  readonly takeover: boolean
  /** Those who held the lock while this acquire waited, as its busy attempts name them; a few at most. */
  readonly holders: readonly LockRecord[]
}

/** A call of Unlock. */
export interface ReleaseOperation extends OperationBase {
  /** A call of Unlock. */
  readonly kind: 'release'
  /** How it ended. */
  readonly outcome: ReleaseOutcome
  /** Whether the outcome is to be measured: it was decided, or the call finished. */
  readonly complete: boolean
  /** When the storage had let go of the lock; undefined unless it was released in full. */
  readonly releasedAt: HrTime | undefined
  /** The record that was released. */
  readonly record: LockRecord | undefined
  /** The watch dog that renews the lease; empty for none. */
  readonly watchDogId: string
}

/** Anything else: the creation of a lock, the reading of a fencing token, events of the user's own. */
export interface OtherOperation extends OperationBase {
  /** Which of these it was. */
  readonly kind: 'create' | 'fencing_token' | 'other'
}

/** What the tree of one root id was. */
export type Operation = AcquireOperation | ReleaseOperation | OtherOperation

/** One renewal of a lease by the watch dog. */
export interface Renewal {
  /** The event it is, in the listener's own terms. */
  readonly node: TreeNode
  /** The lock; empty where the events named none. */
  readonly lockId: string
  /** Who called; empty where the events named nobody. */
  readonly ownerId: string
  /** The storage that keeps the lock; empty where the events named none. */
  readonly storageName: string
  /** The watch dog that renews the lease; empty for none. */
  readonly watchDogId: string
  /** When it began. */
  readonly start: HrTime
  /** When it was over. */
  readonly end: HrTime
  /** How it ended. */
  readonly outcome: RenewalOutcome
  /** Why the lease was lost; set when the outcome is `lost`. */
  readonly lossReason: LossReason | undefined
  /** Whether the loss is certain. v0.0.5 looks up an empty lock id and takes that for a loss. */
  readonly lossCertain: boolean
  /** Low-cardinality class of the failure; undefined for none. */
  readonly errorType: string | undefined
  /** What the error said, where it said anything. */
  readonly errorMessage: string | undefined
  /** The record after the renewal. */
  readonly record: LockRecord | undefined
}

/** One timed call to the storage. */
export interface StorageCall {
  /** get, get_time, create, update, delete, … */
  readonly operation: string
  /** The storage that keeps the lock; empty where the events named none. */
  readonly storageName: string
  /** The lock; empty where the events named none. */
  readonly lockId: string
  /** When it began. */
  readonly start: HrTime
  /** When it was over. */
  readonly end: HrTime
  /** How it ended. */
  readonly outcome: StorageOutcome
  /** Low-cardinality class of the failure; undefined for none. */
  readonly errorType: string | undefined
}

/** Why a node counts as failed. */
export interface NodeFailure {
  /** Low-cardinality class of the failure. */
  readonly errorType: string
  /** What the error said, where it said anything. */
  readonly errorMessage: string | undefined
}
