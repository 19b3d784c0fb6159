import type { HrTime } from '@opentelemetry/api'
import { EventType } from '../events/index.js'
import { isBefore, usable } from '../trees/moments.js'
import type { TreeNode } from '../trees/node.js'
import type { Tree } from '../trees/tree.js'
import { ERROR_TYPE_OTHER, errorMessageOf, errorTypeOf, failureOf, isError } from './error-type.js'
import { readLockRecordText } from './lock-record.js'
import type {
  AcquireOperation,
  AcquireOutcome,
  NodeFailure,
  Operation,
  OperationBase,
  ReleaseOperation,
  ReleaseOutcome,
  Renewal,
  StorageCall,
} from './operation.js'
import { payloadValue } from './payload.js'
import { concludeRenewals } from './renewals.js'
import { Role, roleOf } from './roles.js'
import { judgeCalls, RETRIED, type Verdict } from './storage-calls.js'
import type { PendingError, Tally } from './tally.js'

const NO_FAILURES: ReadonlyMap<TreeNode, NodeFailure> = new Map()

/** Says what an operation was, once all its events are summed up. */
export function conclude(tree: Tree, tally: Tally): Operation {
  const type = tree.eventType === EventType.Unknown ? tally.eventType : tree.eventType
  if (type === EventType.Lock && isAcquire(tree, tally)) return concludeAcquire(tree, tally)
  if (type === EventType.Unlock && isRelease(tally)) return concludeRelease(tree, tally)
  const kind = type === EventType.CreateLock ? 'create' : isTokenRead(tree, tally) ? 'fencing_token' : 'other'
  const error = tally.errors.find((each) => each.node.id === tree.rootId && !each.after)
  const failed = error !== undefined && isError(error.err)
  const verdict: Verdict = {
    failed: false,
    lastAttempt: undefined,
    notExists: false,
  }
  return {
    kind,
    ...base(tree, tally, verdict),
    errorType: failed ? errorTypeOf(error.err) : undefined,
    errorMessage: failed ? errorMessageOf(error.err) : undefined,
  }
}

function isAcquire(tree: Tree, tally: Tally): boolean {
  return (
    tally.tries > 0 ||
    tally.acquiredAt !== undefined ||
    tally.acquireError !== undefined ||
    tally.timeout !== undefined ||
    tally.finished ||
    tree.condensed > 0 ||
    tally.begun
  )
}

function isRelease(tally: Tally): boolean {
  return (
    tally.unlockSeen ||
    tally.unlockReleaseSeen ||
    tally.unlockReentry ||
    tally.unlockSuccess ||
    tally.unlockError !== undefined ||
    tally.finished
  )
}

function isTokenRead(tree: Tree, tally: Tally): boolean {
  return tree.eventType === EventType.Unknown && tally.calls.length > 0 && tally.tries === 0
}

function concludeAcquire(tree: Tree, tally: Tally): AcquireOperation {
  const outcome = acquireOutcome(tally)
  const failed = outcome === 'error' || outcome === 'timeout'
  const notExists =
    tally.lastNotExists !== undefined &&
    (tally.lastTry === undefined || !isBefore(tally.lastNotExists, tally.lastTry))
  const verdict: Verdict = { failed, lastAttempt: lastAttempt(tally, outcome === 'timeout'), notExists }
  const err = tally.acquireError?.err
  const write = tally.acquiredAt === undefined ? undefined : tally.write
  const reentrant =
    tally.reentryAt !== undefined &&
    (tally.lastTry === undefined || !isBefore(tally.reentryAt, tally.lastTry))
  const counted = tally.busy + tally.versionMisses + (outcome === 'timeout' ? 0 : 1)
  const errorType =
    outcome === 'timeout' ? 'timeout' : outcome === 'error' ? acquireErrorType(tally, verdict) : undefined
  return {
    kind: 'acquire',
    ...base(tree, tally, verdict, errorType),
    outcome,
    complete: outcome !== 'unknown' || tally.finished,
    triedAt: tally.attemptTimes.sorted(),
    attempts: outcome === 'unknown' ? Math.max(tally.tries, tally.busy + tally.versionMisses) : counted,
    busy: tally.busy,
    versionMisses: tally.versionMisses,
    acquiredAt: tally.acquiredAt,
    record: write?.record,
    writtenAt: write?.at,
    watchDogId: tally.watchDogId,
    reentrant,
    takeover: write !== undefined && !reentrant && isTakeover(tree, tally),
    holders: tally.holders,
    errorType,
    errorMessage: outcome === 'error' ? errorMessageOf(err) : undefined,
  }
}

/** What came before it was retried. Before a timeout that is all: no attempt would have been the last. */
function lastAttempt(tally: Tally, timedOut: boolean): HrTime | undefined {
  return (timedOut ? usable(tally.timeout?.startTime) : undefined) ?? tally.lastTry
}

function acquireOutcome(tally: Tally): AcquireOutcome {
  if (tally.acquiredAt !== undefined) return 'acquired'
  if (tally.timeout !== undefined) return 'timeout'
  if (tally.acquireError !== undefined) return 'error'
  return 'unknown'
}

/** The error itself is often `{}` on the wire; then a cause in the same attempt may tell more. */
function acquireErrorType(tally: Tally, verdict: Verdict): string {
  const own = errorTypeOf(tally.acquireError?.err)
  if (own !== ERROR_TYPE_OTHER) return own
  for (const error of tally.errors) {
    if (!isPartOfFailure(error, verdict)) continue
    const type = errorTypeOf(error.err)
    if (type !== ERROR_TYPE_OTHER) return type
  }
  return ERROR_TYPE_OTHER
}

/**
 * An Update of the record that is neither a reentry nor a renewal takes over somebody's record. In v0.0.5
 * released records stay in the storage with a lock count of 0: taking one of those is an ordinary acquire.
 */
function isTakeover(tree: Tree, tally: Tally): boolean {
  const write = tally.write
  if (write === undefined || write.role !== Role.StorageUpdate || write.event.watchDogId !== '') return false
  const parent = write.event.parent ?? tree.nodes.get(write.event.parentId)?.event
  const parentRole = roleOf(parent?.actions[0]?.name ?? '')
  if (parentRole === Role.Reentry || parentRole === Role.Refresh || parentRole === Role.Released) return false
  const before = readLockRecordText(payloadValue(tally.lastGet, 'lockInformationJsonString'))
  if (before === undefined) return true
  if (before.lockCount !== undefined && before.lockCount <= 0) return false
  return write.record === undefined || before.ownerId !== write.record.ownerId || before.version !== undefined
}

function concludeRelease(tree: Tree, tally: Tally): ReleaseOperation {
  const outcome = releaseOutcome(tally)
  const failed = outcome === 'error' || outcome === 'refused'
  const verdict: Verdict = {
    failed,
    lastAttempt: lastAttempt(tally, tally.unlockError === undefined),
    notExists: tally.lastNotExists !== undefined,
  }
  const write = tally.write
  const gone = write !== undefined && tally.unlockReleaseSeen && write.role !== Role.StorageCreate
  let errorType: string | undefined
  if (outcome === 'refused') errorType = 'not_lock_owner'
  else if (tally.timeout !== undefined && failed) errorType = 'timeout'
  else if (outcome === 'error') {
    errorType = errorTypeOf(tally.unlockError?.err)
    if (errorType === ERROR_TYPE_OTHER && (tally.notFound || verdict.notExists)) errorType = 'lock_not_found'
  }
  return {
    kind: 'release',
    ...base(tree, tally, verdict, errorType),
    outcome,
    complete: outcome !== 'unknown' || tally.finished,
    releasedAt: gone && !tally.unlockReentry ? write.at : undefined,
    record: tally.unlockRelease ?? write?.record,
    watchDogId: tally.watchDogId,
    errorType,
    errorMessage: failed ? errorMessageOf(tally.unlockError?.err) : undefined,
  }
}

function releaseOutcome(tally: Tally): ReleaseOutcome {
  if (tally.unlockError !== undefined) return tally.notOwner ? 'refused' : 'error'
  if (tally.unlockSuccess) return tally.unlockReentry && !tally.unlockReleaseSeen ? 'reentry' : 'released'
  if (tally.timeout !== undefined) return 'error'
  return 'unknown'
}

function base(
  tree: Tree,
  tally: Tally,
  verdict: Verdict,
  failure?: string,
): Omit<OperationBase, 'errorType' | 'errorMessage'> {
  const { rootId, lockId, ownerId, storageName, finished } = tree
  const start = tally.start ?? tree.firstStart
  return {
    rootId,
    lockId,
    ownerId,
    storageName,
    start,
    end: tally.end ?? start,
    finished,
    storageCalls: judgeCalls(tree, tally, verdict),
    failures: failures(tally, verdict, failure),
  }
}

function failures(
  tally: Tally,
  verdict: Verdict,
  errorType = ERROR_TYPE_OTHER,
): ReadonlyMap<TreeNode, NodeFailure> {
  let found: Map<TreeNode, NodeFailure> | undefined
  for (const error of tally.errors) {
    if (!isPartOfFailure(error, verdict)) continue
    found ??= new Map()
    const known = found.get(error.node)
    const failure = describe(error, errorType)
    if (known === undefined || known.errorType === errorType) found.set(error.node, failure)
  }
  return found ?? NO_FAILURES
}

/** What came after an operation: renewals, and what else the watch dog did. */
export interface Segment {
  readonly renewals: readonly Renewal[]
  readonly storageCalls: readonly StorageCall[]
  readonly failures: ReadonlyMap<TreeNode, NodeFailure>
}

/** Says what came after an operation, once its events are summed up. */
export function concludeSegment(tree: Tree, tally: Tally): Segment {
  return {
    renewals: concludeRenewals(tree, tally),
    storageCalls: judgeCalls(tree, tally, RETRIED),
    failures: failures(tally, RETRIED),
  }
}

/** Errors of the vocabulary count only where they made the operation fail; a custom event's own always. */
function isPartOfFailure(error: PendingError, verdict: Verdict): boolean {
  if (error.role === Role.Unknown || error.after) return true
  if (!verdict.failed) return false
  if (verdict.lastAttempt !== undefined && isBefore(error.at, verdict.lastAttempt)) return false
  const benign =
    error.role === Role.StorageGet || error.role === Role.StorageGetResult || error.role === Role.NotFound
  return !(benign && verdict.notExists)
}

/** @param errorType what is known of the operation's failure, for an error that tells nothing itself */
function describe(error: PendingError, errorType: string): NodeFailure {
  const failure = failureOf(error.err)
  if (failure.errorType !== ERROR_TYPE_OTHER || error.role === Role.Unknown) return failure
  const known = typeOfRole(error.role) ?? (isError(error.err) ? errorType : ERROR_TYPE_OTHER)
  return { errorType: known, errorMessage: failure.errorMessage }
}

function typeOfRole(role: Role): string | undefined {
  switch (role) {
    case Role.NotOwner:
      return 'not_lock_owner'
    case Role.NotFound:
      return 'lock_not_found'
    case Role.Timeout:
      return 'timeout'
    default:
      return undefined
  }
}
