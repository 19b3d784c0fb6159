import { type LockObserver, OtelListener, type OtelListenerOptions } from 'storage-lock-otel'
import { type BridgeOptions, UsageError } from '../cli/options.js'
import type { InputClock } from '../input/clock.js'

/**
 * The clock stands still while a file is read, and no settle window ends then: this many events later a line is too
 * late as well. A shipper reorders far fewer; a file of that many lines may be in any order at all.
 */
const SETTLING_EVENTS = 15_000

/**
 * The listener as the command line asks for it.
 *
 * @param observer told the facts behind spans and metrics
 * @throws {UsageError} for a limit that does not exist
 */
export function newListener(
  options: BridgeOptions,
  clock: InputClock,
  observer?: LockObserver,
): OtelListener {
  const given: OtelListenerOptions = {
    detail: options.detail,
    holdSpan: options.holdSpan,
    ownerId: options.ownerId,
    settle: options.settle,
    idleTimeout: options.idleTimeout * 1000,
    // The lock is in another process: nobody waits for what is done here.
    batchDelay: 0,
    limits: { settlingEvents: SETTLING_EVENTS, ...options.limits },
    clock,
    observer,
    ...lockName(options.lockName),
    ...(options.payload ? {} : { payload: false as const }),
  }
  try {
    return new OtelListener(given)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new UsageError(
      error.message.replace('OtelListener: limits.', '--limit ').replace('OtelListener: ', '--'),
    )
  }
}

function lockName(how: BridgeOptions['lockName']): Pick<OtelListenerOptions, 'lockName'> {
  if (how === 'none') return { lockName: false }
  return how === 'id' ? { lockName: (lockId) => lockId } : {}
}
