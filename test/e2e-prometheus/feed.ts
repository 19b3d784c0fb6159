import type { Bridge } from './bridge.js'
import { killedHolder, lostLease, renamed, replayed, streamLines, waiters } from './streams.js'

/** The stream whose figures are compared with what its callers measured, under a lock name of its own. */
export const MEASURED = {
  stream: 'head/contention',
  from: 'order-42',
  lockId: 'measured-42',
  lockName: 'measured-*',
}
/** The same from the library's older version. */
export const MEASURED_OLD = {
  ...MEASURED,
  stream: 'v0.0.5/contention',
  lockId: 'legacy-42',
  lockName: 'legacy-*',
}

/** The lock whose holder dies while others wait. */
export const KILLED = 'nightly-report'
/** The lock whose holder loses its lease. */
export const LOST = 'payment-run'

const STREAMS = [
  'expired',
  'fencing',
  'reentry',
  'storage-fault',
  'timeout',
  'uncontended',
  'uncontended-tz',
  'watchdog',
]

/**
 * Feeds one run of everything that can be captured: contention, timeouts, renewals, takeovers, refused unlocks, storage
 * faults, a lost lease. @returns how many lines
 */
export async function feedRun(bridge: Bridge, run: string): Promise<number> {
  const streams = [
    ...[MEASURED, MEASURED_OLD].map(({ stream, from, lockId }) => renamed(streamLines(stream), from, lockId)),
    ...STREAMS.map((name) => streamLines(`head/${name}`)),
    renamed(lostLease(), 'long-job', LOST),
  ]
  let count = 0
  for (const [index, lines] of streams.entries()) {
    // Each ends now: a lease is only so long, and a busy machine takes its time over those before.
    await bridge.feed(replayed(lines, `${run}-${index}`, Date.now()))
    count += lines.length
  }
  return count
}

/** Feeds a holder that dies now, a few seconds before the end of its lease, and three who wait for its lock. */
export async function feedKilledHolder(bridge: Bridge): Promise<void> {
  const now = Date.now()
  await bridge.feed(replayed(renamed(killedHolder(10), 'long-job', KILLED), 'killed', now))
  await bridge.feed(replayed(renamed(waiters(), 'order-42', KILLED), 'waiting', now))
}
