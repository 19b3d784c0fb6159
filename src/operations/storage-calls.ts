import type { HrTime } from '@opentelemetry/api'
import { isBefore } from '../trees/moments.js'
import type { Tree } from '../trees/tree.js'
import { errorTypeOf, isError } from './error-type.js'
import type { StorageCall, StorageOutcome } from './operation.js'
import { Role } from './roles.js'
import type { PendingCall, Tally } from './tally.js'

const NAMES = new Map<string, string>([
  ['Storage.Get', 'get'],
  ['Storage.GetTime', 'get_time'],
  ['Storage.CreateWithVersion', 'create'],
  ['Storage.UpdateWithVersion', 'update'],
  ['Storage.DeleteWithVersion', 'delete'],
  ['Storage.Init', 'init'],
  ['Storage.List', 'list'],
  ['Storage.Close', 'close'],
  ['Storage.GetName', 'get_name'],
])

/** The value of `storage_lock.operation` for a storage action's name; undefined for any other action. */
export function storageOperationOf(actionName: string): string | undefined {
  return NAMES.get(actionName)
}

/** How the operation ended, as far as its storage calls are concerned. */
export interface Verdict {
  /** Whether the operation as a whole failed. */
  readonly failed: boolean
  /** When its last attempt began: an error of an earlier one was retried. */
  readonly lastAttempt: HrTime | undefined
  /** Whether, in the last attempt, the lock turned out not to exist: a Get with an error is how that looks. */
  readonly notExists: boolean
}

/** Judges the timed storage actions of a tree, now that its end is known. */
export function judgeCalls(tree: Tree, tally: Tally, verdict: Verdict): StorageCall[] {
  return tally.calls.map((call) => {
    const outcome = outcomeOf(call, tally, verdict)
    return {
      operation: NAMES.get(call.name) as string,
      storageName: call.node.event?.storageName || tree.storageName,
      lockId: call.node.event?.lockId || tree.lockId,
      start: call.start,
      end: isBefore(call.end, call.start) ? call.start : call.end,
      outcome,
      errorType: outcome === 'error' ? errorTypeOf(call.err) : undefined,
    }
  })
}

/** Judges an operation of which only the part that is over is known: its errors were retried. */
export const RETRIED: Verdict = { failed: false, lastAttempt: undefined, notExists: false }

function outcomeOf(call: PendingCall, tally: Tally, verdict: Verdict): StorageOutcome {
  if (!isError(call.err)) return 'ok'
  if (call.after) {
    // The watch dog's: nothing is retried within a renewal; a record that is gone is a miss of its Get.
    return call.role === Role.StorageGet && hasNotFound(tally) ? 'miss' : 'error'
  }
  if (call.role === Role.StorageGetTime || call.role === Role.StorageOther) return 'error'
  const retried = verdict.lastAttempt !== undefined && isBefore(call.start, verdict.lastAttempt)
  if (!verdict.failed || retried) return 'miss'
  if (call.role === Role.StorageGet && verdict.notExists) return 'miss'
  return 'error'
}

function hasNotFound(tally: Tally): boolean {
  return tally.errors.some((error) => error.after && error.role === Role.NotFound)
}
