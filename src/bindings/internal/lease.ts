import type { HrTime } from '@opentelemetry/api'
import { addHrTime } from '../../events/index.js'

/** No JSON time lies beyond the year 9999; a lease that long is none. */
const LATEST_SECONDS = 253_402_300_799

/**
 * When a lease ends.
 *
 * @param milliseconds how long it runs from `from` on
 * @returns `undefined` for a lease without an end
 */
export function leaseEnd(from: HrTime, milliseconds: unknown): HrTime | undefined {
  if (typeof milliseconds !== 'number' || Number.isNaN(milliseconds)) return undefined
  if (from[0] + milliseconds / 1000 >= LATEST_SECONDS) return undefined
  return addHrTime(from, milliseconds * 1e6)
}
