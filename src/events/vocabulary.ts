/**
 * The names of the actions that Storage Lock publishes.
 *
 * Counterpart of the `Action…` constants of go-storage-lock and go-storage-events.
 */
export const ActionName = {
  LockBegin: 'StorageLock.Lock.Begin',
  LockFinish: 'StorageLock.Lock.Finish',
  LockSuccess: 'StorageLock.Lock.Begin.Success',
  LockError: 'StorageLock.Lock.Begin.Error',
  TryLockBegin: 'StorageLock.Lock.Try.Begin',
  LockExists: 'StorageLock.Lock.Exists',
  LockNotExists: 'StorageLock.Lock.NotExists',
  LockReleased: 'StorageLock.Lock.Released',
  LockExpired: 'StorageLock.Lock.Expired',
  LockReentry: 'StorageLock.Lock.Reentry',
  LockBusy: 'StorageLock.Lock.Begin.Busy',
  LockVersionMiss: 'StorageLock.Lock.VersionMiss',
  LockRollback: 'StorageLock.Lock.Rollback',
  LockRollbackSuccess: 'StorageLock.Lock.Rollback.Success',
  LockRollbackError: 'StorageLock.Lock.Rollback.Error',
  GetLockInformationBegin: 'StorageLock.getLockInformation.Begin',

  LockNotFoundError: 'lock-not-found-error',
  NotLockOwner: 'not-lock-owner',
  GetLockInformationError: 'get-lock-information-error',
  GetLeaseExpireTimeError: 'getLeaseExpireTime-error',
  Timeout: 'timeout',
  Sleep: 'Sleep',
  SleepRetry: 'sleep-retry',

  Unlock: 'StorageLock.Unlock',
  UnlockFinish: 'StorageLock.Unlock.Finish',
  UnlockSuccess: 'StorageLock.Unlock.Success',
  UnlockError: 'StorageLock.Unlock.Error',
  UnlockRelease: 'StorageLock.Unlock.Release',
  UnlockReentry: 'StorageLock.Unlock.Reentry',
  UnlockVersionMiss: 'StorageLock.Unlock.VersionMiss',

  WatchDogCreate: 'WatchDog.Create',
  WatchDogCreateSuccess: 'WatchDog.Create.Success',
  WatchDogCreateError: 'WatchDog.Create.Error',
  WatchDogStart: 'WatchDog.Start',
  WatchDogStartSuccess: 'WatchDog.Start.Success',
  WatchDogStartError: 'WatchDog.Start.Error',
  WatchDogRefresh: 'WatchDog.Refresh',
  WatchDogRefreshBegin: 'WatchDog.Refresh.Begin',
  WatchDogRefreshSuccess: 'WatchDog.Refresh.Success',
  WatchDogRefreshError: 'WatchDog.Refresh.Error',
  WatchDogStop: 'WatchDog.Stop',
  /** In lower case on the wire, unlike its kin. */
  WatchDogStopSuccess: 'WatchDog.Stop.success',
  /** In lower case on the wire, unlike its kin. */
  WatchDogStopError: 'WatchDog.Stop.error',
  WatchDogExit: 'WatchDog.Exit',
  WatchDogSetEvent: 'WatchDog.SetEvent',

  StorageInit: 'Storage.Init',
  StorageInitSuccess: 'Storage.Init.Success',
  StorageInitError: 'Storage.Init.Error',
  StorageGet: 'Storage.Get',
  StorageGetSuccess: 'Storage.Get.Success',
  StorageGetError: 'Storage.Get.Error',
  StorageGetTime: 'Storage.GetTime',
  StorageGetTimeSuccess: 'Storage.GetTime.Success',
  StorageGetTimeError: 'Storage.GetTime.Error',
  StorageCreateWithVersion: 'Storage.CreateWithVersion',
  StorageCreateWithVersionSuccess: 'Storage.CreateWithVersion.Success',
  StorageCreateWithVersionError: 'Storage.CreateWithVersion.Error',
  StorageCreateWithVersionMiss: 'Storage.CreateWithVersion.Miss',
  StorageUpdateWithVersion: 'Storage.UpdateWithVersion',
  StorageUpdateWithVersionSuccess: 'Storage.UpdateWithVersion.Success',
  StorageUpdateWithVersionError: 'Storage.UpdateWithVersion.Error',
  StorageUpdateWithVersionMiss: 'Storage.UpdateWithVersion.Miss',
  StorageDeleteWithVersion: 'Storage.DeleteWithVersion',
  StorageDeleteWithVersionSuccess: 'Storage.DeleteWithVersion.Success',
  StorageDeleteWithVersionError: 'Storage.DeleteWithVersion.Error',
  StorageDeleteWithVersionMiss: 'Storage.DeleteWithVersion.Miss',
  StorageList: 'Storage.List',
  StorageListSuccess: 'Storage.List.Success',
  StorageListError: 'Storage.List.Error',
  StorageClose: 'Storage.Close',
  StorageCloseSuccess: 'Storage.Close.Success',
  StorageCloseError: 'Storage.Close.Error',
  StorageGetName: 'Storage.GetName',

  /** How the watch dog names the outcome of its own update, with a hyphen. */
  WatchDogUpdateWithVersionSuccess: 'Storage.UpdateWithVersion-success',
  /** How the watch dog names the outcome of its own update, with a hyphen. */
  WatchDogUpdateWithVersionError: 'Storage.UpdateWithVersion-error',
} as const

/** One of the names of {@link ActionName}. An action may have any other name too. */
export type ActionName = (typeof ActionName)[keyof typeof ActionName]

/**
 * The keys under which Storage Lock puts values in an action's payload.
 *
 * Counterpart of the `Payload…` constants of go-storage-lock and go-storage-events.
 */
export const PayloadKey = {
  /** The version of the record that was read last. */
  LastVersion: 'lastVersion',
  /** How many writes of this acquire lost a race. */
  VersionMissCount: 'versionMissCount',
  /** How many attempts of this acquire found the lock held. */
  LockBusyCount: 'lockBusyCount',
  /** The wait before the next attempt, in nanoseconds. */
  Sleep: 'sleep',
  /** How many renewals of this watch dog succeeded. */
  RefreshSuccessCount: 'refreshSuccessCount',
  /** How many renewals of this watch dog failed in a row. */
  ContinueErrorCount: 'continueErrorCount',
  Name: 'name',
  Iterator: 'iterator',
  /** The storage's time. */
  Time: 'time',
  /** The record as the storage gave it, a JSON text. */
  LockInformationJsonString: 'lockInformationJsonString',
  LockId: 'lockId',
  /** The record, as an object. */
  LockInformation: 'lockInformation',
  Version: 'version',
  NewVersion: 'newVersion',
  /** The version the write asked for; the wire's spelling. */
  ExceptedVersion: 'exceptedVersion',
} as const

/** One of the keys of {@link PayloadKey}. */
export type PayloadKey = (typeof PayloadKey)[keyof typeof PayloadKey]
