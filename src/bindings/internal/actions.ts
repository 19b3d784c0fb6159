import type { HrTime } from '@opentelemetry/api'
import { Action, type LockInformation } from '../../events/index.js'

/** An action of which the moment is known already. */
export function actionAt(name: string, at: HrTime, payload?: Record<string, unknown>): Action {
  const action = new Action(name, at)
  action.payloadMap = payload
  return action
}

/** An action that failed. */
export function failedAction(
  name: string,
  at: HrTime,
  err: unknown,
  payload?: Record<string, unknown>,
): Action {
  return actionAt(name, at, payload).setErr(err ?? null)
}

/** A call to the store, from its start to its answer. */
export function storageCall(
  name: string,
  start: HrTime,
  end: HrTime,
  lockId: string,
  record?: LockInformation,
): Action {
  const action = actionAt(
    name,
    start,
    record === undefined ? { lockId } : { lockId, lockInformation: record },
  )
  action.endTime = end
  return action
}
