/**
 * The names of the actions that Storage Lock publishes.
 *
 * Counterpart of the `Action…` constants of go-storage-lock and go-storage-events.
 *
 * @example
 * lock.addActionByName(ActionName.LockBegin).publish()
 */
export const ActionName = {
  /** A call of Lock begins; on its root event. */
  LockBegin: 'StorageLock.Lock.Begin',
  /** A call of Lock is over, whatever its outcome. */
  LockFinish: 'StorageLock.Lock.Finish',
  /** The lock was acquired. */
  LockSuccess: 'StorageLock.Lock.Begin.Success',
  /** The acquire failed. */
  LockError: 'StorageLock.Lock.Begin.Error',
  /** An attempt begins. */
  TryLockBegin: 'StorageLock.Lock.Try.Begin',
  /** The lock has a record already. */
  LockExists: 'StorageLock.Lock.Exists',
  /** The lock has no record yet. */
  LockNotExists: 'StorageLock.Lock.NotExists',
  /** The record says that nobody holds the lock (v0.0.5). */
  LockReleased: 'StorageLock.Lock.Released',
  /** The lease of the record has run out. */
  LockExpired: 'StorageLock.Lock.Expired',
  /** The owner holds the lock already. */
  LockReentry: 'StorageLock.Lock.Reentry',
  /** Another holds the lock; told twice an attempt. */
  LockBusy: 'StorageLock.Lock.Begin.Busy',
  /** Another was faster. */
  LockVersionMiss: 'StorageLock.Lock.VersionMiss',
  /** What was acquired is given back. */
  LockRollback: 'StorageLock.Lock.Rollback',
  /** It was given back. */
  LockRollbackSuccess: 'StorageLock.Lock.Rollback.Success',
  /** It could not be given back. */
  LockRollbackError: 'StorageLock.Lock.Rollback.Error',
  /** The lock's record is read. */
  GetLockInformationBegin: 'StorageLock.getLockInformation.Begin',

  /** The record is gone. */
  LockNotFoundError: 'lock-not-found-error',
  /** The record is another's. */
  NotLockOwner: 'not-lock-owner',
  /** The record could not be read. */
  GetLockInformationError: 'get-lock-information-error',
  /** The storage's time could not be read. */
  GetLeaseExpireTimeError: 'getLeaseExpireTime-error',
  /** The acquire gave up. */
  Timeout: 'timeout',
  /** Waits before the next attempt. */
  Sleep: 'Sleep',
  /** Waited; the next attempt follows. */
  SleepRetry: 'sleep-retry',

  /** A call of Unlock begins. */
  Unlock: 'StorageLock.Unlock',
  /** A call of Unlock is over, whatever its outcome. */
  UnlockFinish: 'StorageLock.Unlock.Finish',
  /** The lock was released, or one level of it. */
  UnlockSuccess: 'StorageLock.Unlock.Success',
  /** The release failed. */
  UnlockError: 'StorageLock.Unlock.Error',
  /** The lock is released in full. */
  UnlockRelease: 'StorageLock.Unlock.Release',
  /** One level of a reentrant lock is left. */
  UnlockReentry: 'StorageLock.Unlock.Reentry',
  /** Another wrote the record in between. */
  UnlockVersionMiss: 'StorageLock.Unlock.VersionMiss',

  /** The watch dog of a lock is made. */
  WatchDogCreate: 'WatchDog.Create',
  /** It was made. */
  WatchDogCreateSuccess: 'WatchDog.Create.Success',
  /** It could not be made. */
  WatchDogCreateError: 'WatchDog.Create.Error',
  /** The watch dog is started. */
  WatchDogStart: 'WatchDog.Start',
  /** It was started. */
  WatchDogStartSuccess: 'WatchDog.Start.Success',
  /** It could not be started. */
  WatchDogStartError: 'WatchDog.Start.Error',
  /** The watch dog renews the lease. */
  WatchDogRefresh: 'WatchDog.Refresh',
  /** A renewal begins. */
  WatchDogRefreshBegin: 'WatchDog.Refresh.Begin',
  /** The lease was renewed. */
  WatchDogRefreshSuccess: 'WatchDog.Refresh.Success',
  /** The lease was not renewed. */
  WatchDogRefreshError: 'WatchDog.Refresh.Error',
  /** The watch dog is told to stop. */
  WatchDogStop: 'WatchDog.Stop',
  /** In lower case on the wire, unlike its kin. */
  WatchDogStopSuccess: 'WatchDog.Stop.success',
  /** In lower case on the wire, unlike its kin. */
  WatchDogStopError: 'WatchDog.Stop.error',
  /** The watch dog has ended. */
  WatchDogExit: 'WatchDog.Exit',
  /** The watch dog is given an event to go on from. */
  WatchDogSetEvent: 'WatchDog.SetEvent',

  /** Sets the storage up. */
  StorageInit: 'Storage.Init',
  /** `Storage.Init` succeeded. */
  StorageInitSuccess: 'Storage.Init.Success',
  /** `Storage.Init` failed. */
  StorageInitError: 'Storage.Init.Error',
  /** Reads a record. */
  StorageGet: 'Storage.Get',
  /** `Storage.Get` succeeded. */
  StorageGetSuccess: 'Storage.Get.Success',
  /** `Storage.Get` failed. */
  StorageGetError: 'Storage.Get.Error',
  /** Reads the storage's clock. */
  StorageGetTime: 'Storage.GetTime',
  /** `Storage.GetTime` succeeded. */
  StorageGetTimeSuccess: 'Storage.GetTime.Success',
  /** `Storage.GetTime` failed. */
  StorageGetTimeError: 'Storage.GetTime.Error',
  /** Writes a record where there is none. */
  StorageCreateWithVersion: 'Storage.CreateWithVersion',
  /** `Storage.CreateWithVersion` succeeded. */
  StorageCreateWithVersionSuccess: 'Storage.CreateWithVersion.Success',
  /** `Storage.CreateWithVersion` failed. */
  StorageCreateWithVersionError: 'Storage.CreateWithVersion.Error',
  /** `Storage.CreateWithVersion` lost a race. */
  StorageCreateWithVersionMiss: 'Storage.CreateWithVersion.Miss',
  /** Writes a record over one of a known version. */
  StorageUpdateWithVersion: 'Storage.UpdateWithVersion',
  /** `Storage.UpdateWithVersion` succeeded. */
  StorageUpdateWithVersionSuccess: 'Storage.UpdateWithVersion.Success',
  /** `Storage.UpdateWithVersion` failed. */
  StorageUpdateWithVersionError: 'Storage.UpdateWithVersion.Error',
  /** `Storage.UpdateWithVersion` lost a race. */
  StorageUpdateWithVersionMiss: 'Storage.UpdateWithVersion.Miss',
  /** Deletes a record of a known version. */
  StorageDeleteWithVersion: 'Storage.DeleteWithVersion',
  /** `Storage.DeleteWithVersion` succeeded. */
  StorageDeleteWithVersionSuccess: 'Storage.DeleteWithVersion.Success',
  /** `Storage.DeleteWithVersion` failed. */
  StorageDeleteWithVersionError: 'Storage.DeleteWithVersion.Error',
  /** `Storage.DeleteWithVersion` lost a race. */
  StorageDeleteWithVersionMiss: 'Storage.DeleteWithVersion.Miss',
  /** Lists the records. */
  StorageList: 'Storage.List',
  /** `Storage.List` succeeded. */
  StorageListSuccess: 'Storage.List.Success',
  /** `Storage.List` failed. */
  StorageListError: 'Storage.List.Error',
  /** Closes the storage. */
  StorageClose: 'Storage.Close',
  /** `Storage.Close` succeeded. */
  StorageCloseSuccess: 'Storage.Close.Success',
  /** `Storage.Close` failed. */
  StorageCloseError: 'Storage.Close.Error',
  /** Reads the storage's name. */
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
 *
 * @example
 * new Action(ActionName.LockBusy).addPayload(PayloadKey.LockBusyCount, 3)
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
  /** The name of the watch dog. */
  Name: 'name',
  /** What `Storage.List` gave. */
  Iterator: 'iterator',
  /** The storage's time. */
  Time: 'time',
  /** The record as the storage gave it, a JSON text. */
  LockInformationJsonString: 'lockInformationJsonString',
  /** The lock. */
  LockId: 'lockId',
  /** The record, as an object. */
  LockInformation: 'lockInformation',
  /** The version of the record. */
  Version: 'version',
  /** The version that is written. */
  NewVersion: 'newVersion',
  /** The version the write asked for; the wire's spelling. */
  ExceptedVersion: 'exceptedVersion',
} as const

/** One of the keys of {@link PayloadKey}. */
export type PayloadKey = (typeof PayloadKey)[keyof typeof PayloadKey]
