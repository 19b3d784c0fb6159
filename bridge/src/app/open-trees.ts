import type { OtelListener } from 'storage-lock-otel'

/**
 * Root ids of the trees of which the listener holds events that have not become spans yet; `undefined` from a listener
 * that cannot tell.
 */
export function pendingTrees(listener: OtelListener): ReadonlySet<string> | undefined {
  const { pendingRootIds } = listener as { pendingRootIds?: () => Iterable<string> }
  return pendingRootIds === undefined ? undefined : new Set(pendingRootIds.call(listener))
}
