import type { HrTime } from '@opentelemetry/api'
import type { Action } from '../events/index.js'
import { isBefore, usable } from '../trees/moments.js'
import type { TreeNode } from '../trees/node.js'
import type { Tree } from '../trees/tree.js'
import { errorMessageOf, errorTypeOf, isError } from './error-type.js'
import { type LockRecord, readLockRecord } from './lock-record.js'
import type { LossReason, Renewal, RenewalOutcome } from './operation.js'
import { payloadValue } from './payload.js'
import { Role, roleOf } from './roles.js'
import type { PendingCall, Tally } from './tally.js'

/** The renewals among the nodes of a tally, oldest first. */
export function concludeRenewals(tree: Tree, tally: Tally): Renewal[] {
  if (tally.refreshes.length === 0) return []
  const calls = new CallIndex(tally.calls)
  return tally.refreshes
    .map((node) => concludeRenewal(tree, node, calls))
    .sort((a, b) => (isBefore(a.start, b.start) ? -1 : isBefore(b.start, a.start) ? 1 : 0))
}

/** Storage calls by the event they stand below, and the Gets by time: a renewal's Get is its sibling. */
class CallIndex {
  readonly #below = new Map<string, PendingCall[]>()
  readonly #gets: PendingCall[]

  constructor(calls: readonly PendingCall[]) {
    for (const call of calls) {
      for (const id of [call.node.id, call.node.event?.parentId ?? '']) {
        const list = this.#below.get(id)
        if (list === undefined) this.#below.set(id, [call])
        else list.push(call)
      }
    }
    this.#gets = calls
      .filter((call) => call.role === Role.StorageGet)
      .sort((a, b) => (isBefore(a.start, b.start) ? -1 : 1))
  }

  below(node: TreeNode): readonly PendingCall[] {
    return this.#below.get(node.id) ?? []
  }

  /** The first Get that began within the interval. */
  getWithin(start: HrTime, end: HrTime): PendingCall | undefined {
    let low = 0
    let high = this.#gets.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBefore((this.#gets[middle] as PendingCall).start, start)) low = middle + 1
      else high = middle
    }
    const found = this.#gets[low]
    return found === undefined || isBefore(end, found.start) ? undefined : found
  }
}

function concludeRenewal(tree: Tree, node: TreeNode, calls: CallIndex): Renewal {
  const event = node.event
  let start: HrTime = node.start ?? tree.firstStart
  let end: HrTime = usable(event?.endTime) ?? start
  let outcome: RenewalOutcome = 'error'
  let reason: LossReason | undefined
  let err: unknown
  let record: LockRecord | undefined
  for (let i = 0; i < node.actionCount; i++) {
    const action = event?.actions[i]
    if (action === undefined || action === null) continue
    const at = usable(action.startTime)
    if (at !== undefined) {
      if (isBefore(at, start)) start = at
      const until = usable(action.endTime) ?? at
      if (isBefore(end, until)) end = until
    }
    if (isError(action.err)) err = action.err
    switch (roleOf(action.name)) {
      case Role.DogUpdateSuccess:
      case Role.RefreshSuccess:
        if (reason === undefined) outcome = 'renewed'
        break
      case Role.NotOwner:
        outcome = 'lost'
        reason = 'not_owner'
        break
      case Role.NotFound:
        outcome = 'lost'
        reason = 'not_found'
        break
      default:
        break
    }
  }
  const get = calls.getWithin(start, end)
  const lookedUp = get === undefined ? tree.lockId : payloadValue(actionOf(get), 'lockId')
  for (const call of calls.below(node)) {
    // A child stretches the renewal's span, so it stretches what is measured too.
    const from = call.node.start ?? call.start
    const to = endOfNode(call.node) ?? call.end
    if (isBefore(from, start)) start = from
    if (isBefore(end, to)) end = to
    if (isError(call.err)) err ??= call.err
    if (call.role === Role.StorageUpdate && !isError(call.err)) {
      record = readLockRecord(payloadValue(actionOf(call), 'lockInformation')) ?? record
    }
  }
  const failed = outcome !== 'renewed'
  return {
    node,
    lockId: event?.lockId || tree.lockId,
    ownerId: event?.ownerId || tree.ownerId,
    storageName: event?.storageName || tree.storageName,
    watchDogId: event?.watchDogId ?? '',
    start,
    end,
    outcome,
    lossReason: reason,
    lossCertain:
      reason === 'not_owner' || (reason === 'not_found' && lookedUp === (event?.lockId || tree.lockId)),
    errorType: failed ? (lossType(reason) ?? errorTypeOf(err)) : undefined,
    errorMessage: failed ? errorMessageOf(err) : undefined,
    record,
  }
}

function lossType(reason: LossReason | undefined): string | undefined {
  if (reason === 'not_owner') return 'not_lock_owner'
  return reason === 'not_found' ? 'lock_not_found' : undefined
}

function endOfNode(node: TreeNode): HrTime | undefined {
  return usable(node.event?.endTime)
}

function actionOf(call: PendingCall): Action | undefined {
  return call.node.event?.actions.find((action) => action?.startTime === call.start)
}
