import type { Action } from '../events/index.js'

/** A value of an action's payload; undefined where there is none, or where reading it throws. */
export function payloadValue(action: Action | undefined, key: string): unknown {
  try {
    const payload = action?.payloadMap
    return payload === undefined || payload === null ? undefined : payload[key]
  } catch {
    // A getter or a proxy of the program's own.
    return undefined
  }
}
