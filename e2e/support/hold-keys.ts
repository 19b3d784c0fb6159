import { actionsOf, nanoseconds, type StreamTree } from './stream.js'

interface LockRecord {
  readonly lock_id: string
  readonly owner_id: string
  readonly lock_begin_time: string
}

/**
 * The key under which a hold is known to both the tree that took it and the tree that gave it back:
 * lock, owner and the time at which the storage says the hold began.
 */
function keysOf(tree: StreamTree, actionNames: readonly string[]): Set<string> {
  const keys = new Set<string>()
  for (const action of actionsOf(tree)) {
    if (!actionNames.includes(action.name)) continue
    const lock = action.payload_map?.['lockInformation'] as LockRecord | null | undefined
    if (lock === null || lock === undefined) continue
    keys.add(`${lock.lock_id} ${lock.owner_id} ${nanoseconds(lock.lock_begin_time)}`)
  }
  return keys
}

const has = (tree: StreamTree, name: string): boolean =>
  actionsOf(tree).some((action) => action.name === name)

/** Which tree of a stream gave back the hold that which other tree took: root ids, releases to acquires. */
export function releasesOf(trees: ReadonlyMap<string, StreamTree>): Map<string, string> {
  const taken = new Map<string, string>()
  for (const tree of trees.values()) {
    if (!has(tree, 'StorageLock.Lock.Begin.Success') || has(tree, 'StorageLock.Lock.Reentry')) continue
    for (const key of keysOf(tree, ['Storage.CreateWithVersion', 'Storage.UpdateWithVersion']))
      taken.set(key, tree.rootId)
  }
  const releases = new Map<string, string>()
  for (const tree of trees.values()) {
    if (!has(tree, 'StorageLock.Unlock.Success')) continue
    for (const key of keysOf(tree, ['StorageLock.Unlock.Release'])) {
      const acquire = taken.get(key)
      if (acquire !== undefined) releases.set(tree.rootId, acquire)
    }
  }
  return releases
}
