import { ActionName } from '../events/index.js'
import type { TreeNode } from '../trees/node.js'
import { Signal } from '../trees/semantics.js'

/** What an action of the vocabulary means; the names in use differ between versions of the library. */
export const Role = {
  /** Not of the vocabulary: a name of the user's own. */
  Unknown: 0,
  LockBegin: 1,
  Try: 2,
  Busy: 3,
  VersionMiss: 4,
  Acquired: 5,
  AcquireError: 6,
  Timeout: 7,
  LockFinish: 8,
  Reentry: 9,
  NotExists: 10,
  Released: 11,
  GetLockInformationError: 12,
  LeaseTimeError: 13,
  NotFound: 14,
  NotOwner: 15,
  Counters: 16,
  /** Of the vocabulary, and tells nothing that is counted or judged by itself. */
  Remark: 17,
  Unlock: 20,
  UnlockRelease: 21,
  UnlockReentry: 22,
  UnlockSuccess: 23,
  UnlockError: 24,
  UnlockFinish: 25,
  UnlockVersionMiss: 26,
  DogCreate: 30,
  DogStop: 31,
  DogExit: 32,
  Refresh: 33,
  RefreshBegin: 34,
  RefreshSuccess: 35,
  RefreshError: 36,
  DogUpdateSuccess: 37,
  DogUpdateError: 38,
  StorageGet: 50,
  StorageGetTime: 51,
  StorageCreate: 52,
  StorageUpdate: 53,
  StorageDelete: 54,
  StorageOther: 55,
  StorageGetResult: 60,
  StorageResult: 61,
} as const

/** One of {@link Role}. */
export type Role = (typeof Role)[keyof typeof Role]

const ROLES = new Map<string, Role>([
  ['StorageLock.Lock.Begin', Role.LockBegin],
  ['StorageLock.Lock.Try.Begin', Role.Try],
  ['StorageLock.Lock.Begin.Busy', Role.Busy],
  ['StorageLock.Lock.VersionMiss', Role.VersionMiss],
  ['StorageLock.Lock.Begin.Success', Role.Acquired],
  ['StorageLock.Lock.Begin.Error', Role.AcquireError],
  ['timeout', Role.Timeout],
  ['StorageLock.Lock.Finish', Role.LockFinish],
  ['StorageLock.Lock.Reentry', Role.Reentry],
  ['StorageLock.Lock.NotExists', Role.NotExists],
  ['StorageLock.Lock.Released', Role.Released],
  ['get-lock-information-error', Role.GetLockInformationError],
  ['getLeaseExpireTime-error', Role.LeaseTimeError],
  ['lock-not-found-error', Role.NotFound],
  ['not-lock-owner', Role.NotOwner],
  ['sleep-retry', Role.Counters],
  ['StorageLock.Unlock', Role.Unlock],
  ['StorageLock.Unlock.Release', Role.UnlockRelease],
  ['StorageLock.Unlock.Reentry', Role.UnlockReentry],
  ['StorageLock.Unlock.Success', Role.UnlockSuccess],
  ['StorageLock.Unlock.Error', Role.UnlockError],
  ['StorageLock.Unlock.Finish', Role.UnlockFinish],
  ['StorageLock.Unlock.VersionMiss', Role.UnlockVersionMiss],
  ['WatchDog.Create', Role.DogCreate],
  ['WatchDog.Stop', Role.DogStop],
  ['WatchDog.Exit', Role.DogExit],
  ['WatchDog.Refresh', Role.Refresh],
  ['WatchDog.Refresh.Begin', Role.RefreshBegin],
  ['WatchDog.Refresh.Success', Role.RefreshSuccess],
  ['WatchDog.Refresh.Error', Role.RefreshError],
  ['Storage.UpdateWithVersion-success', Role.DogUpdateSuccess],
  ['Storage.UpdateWithVersion-error', Role.DogUpdateError],
  ['Storage.Get', Role.StorageGet],
  ['Storage.GetTime', Role.StorageGetTime],
  ['Storage.CreateWithVersion', Role.StorageCreate],
  ['Storage.UpdateWithVersion', Role.StorageUpdate],
  ['Storage.DeleteWithVersion', Role.StorageDelete],
  ['Storage.Init', Role.StorageOther],
  ['Storage.List', Role.StorageOther],
  ['Storage.Close', Role.StorageOther],
  ['Storage.GetName', Role.StorageOther],
  ['Storage.Get.Success', Role.StorageGetResult],
  ['Storage.Get.Error', Role.StorageGetResult],
])
for (const operation of ['GetTime', 'CreateWithVersion', 'UpdateWithVersion', 'DeleteWithVersion']) {
  for (const result of ['Success', 'Error', 'Miss']) {
    ROLES.set(`Storage.${operation}.${result}`, Role.StorageResult)
  }
}

for (const name of Object.values(ActionName)) {
  if (!ROLES.has(name)) ROLES.set(name, Role.Remark)
}

/** The meaning of an action's name. */
export function roleOf(actionName: string): Role {
  return ROLES.get(actionName) ?? Role.Unknown
}

/** Whether the role is one of the timed storage operations. */
export function isStorageOperation(role: Role): boolean {
  return role >= Role.StorageGet && role <= Role.StorageOther
}

const SIGNALS = new Uint8Array(64)
for (const role of [Role.LockFinish, Role.UnlockFinish]) SIGNALS[role] = Signal.Finish
for (const role of [Role.Acquired, Role.AcquireError, Role.Timeout, Role.UnlockSuccess, Role.UnlockError]) {
  SIGNALS[role] = Signal.Outcome
}
for (const role of [Role.RefreshSuccess, Role.RefreshError, Role.DogExit]) SIGNALS[role] = Signal.SegmentEnd
// Not its end: a renewal that finds the lease lost stops the dog before its own line is published.
SIGNALS[Role.DogStop] = Signal.SegmentOutcome

/** What a role says about the tree it stands in. */
export function signalOf(role: Role): number {
  return SIGNALS[role] as number
}

/** The meaning of a node's first action; that of no action is unknown. */
export function roleOfNode(node: TreeNode): Role {
  return node.meaning as Role
}
