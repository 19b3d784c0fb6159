import type { Attributes } from '@opentelemetry/api'
import type { Hold } from '../operations/hold.js'
import type { Operation, Renewal } from '../operations/operation.js'
import type { Tree } from '../trees/tree.js'
import * as semconv from './semconv.js'

/** Adds what an operation turned out to be to the attributes of its root's span. */
export function describeOperation(attributes: Attributes, tree: Tree, operation: Operation): void {
  if (tree.condensed > 0) attributes[semconv.ATTR_DROPPED_EVENTS] = tree.condensed
  if (operation.kind !== 'acquire' && operation.kind !== 'release') return
  attributes[semconv.ATTR_OUTCOME] = operation.outcome
  if (!operation.finished) attributes[semconv.ATTR_UNFINISHED] = true
  if (operation.watchDogId !== '') attributes[semconv.ATTR_WATCH_DOG_ID] = operation.watchDogId
  if (operation.kind === 'release') return
  attributes[semconv.ATTR_CONTENDED] = operation.busy + operation.versionMisses > 0
  attributes[semconv.ATTR_ATTEMPTS] = operation.attempts
  attributes[semconv.ATTR_BUSY_COUNT] = operation.busy
  attributes[semconv.ATTR_VERSION_MISS_COUNT] = operation.versionMisses
  const token = operation.record?.version
  if (isToken(token)) attributes[semconv.ATTR_FENCING_TOKEN] = asAttribute(token)
  if (operation.reentrant) attributes[semconv.ATTR_REENTRANT] = true
  if (operation.takeover) attributes[semconv.ATTR_TAKEOVER] = true
}

/** Adds how a renewal ended to the attributes of its span. */
export function describeRenewal(attributes: Attributes, renewal: Renewal): void {
  attributes[semconv.ATTR_OUTCOME] = renewal.outcome
  if (renewal.lossReason !== undefined) attributes[semconv.ATTR_REASON] = renewal.lossReason
}

/** Adds how a hold ended to the attributes of its span. */
export function describeHold(attributes: Attributes, hold: Hold): void {
  if (hold.end !== undefined) attributes[semconv.ATTR_HOLD_END] = hold.end
  if (hold.watchDogId !== '') attributes[semconv.ATTR_WATCH_DOG_ID] = hold.watchDogId
  if (isToken(hold.fencingToken)) attributes[semconv.ATTR_FENCING_TOKEN] = asAttribute(hold.fencingToken)
  attributes[semconv.ATTR_RENEWALS] = hold.renewals
  if (hold.failedRenewals > 0) attributes[semconv.ATTR_FAILED_RENEWALS] = hold.failedRenewals
}

/** Storage Lock counts from 1; a lock without fencing tokens has version 0. */
function isToken(version: number | bigint | undefined): version is number | bigint {
  return version !== undefined && Number(version) !== 0
}

/** A uint64 may be more than a number can hold; then its digits are kept as a string. */
function asAttribute(token: number | bigint): number | string {
  return typeof token === 'number' ? token : token.toString()
}
