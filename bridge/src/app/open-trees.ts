import type { OtelListener } from 'storage-lock-otel'
import { sumOf } from '../output/report.js'
import type { TimingsReader } from '../telemetry/timings.js'

/** Root ids of the trees that are open, or whose locks are held; `undefined` from a listener that cannot tell. */
export function pendingTrees(listener: OtelListener): ReadonlySet<string> | undefined {
  const teller = listener as { pendingRootIds?: () => Iterable<string> }
  return teller.pendingRootIds === undefined ? undefined : new Set(teller.pendingRootIds())
}

/** Whether no tree is open and no lock held, by the listener's own gauges. Reading them brings it up to date. */
export async function isIdle(timings: TimingsReader): Promise<boolean> {
  const { totals } = await timings.read()
  const known = totals.some(({ name }) => name === 'storage_lock.listener.trees')
  return (
    known && sumOf(totals, 'storage_lock.listener.trees') === 0 && sumOf(totals, 'storage_lock.held') === 0
  )
}
