import { actionJson, CallWriter, eventLineOf } from './lock-lines.js'

/** One cycle of the watch dog, in nanoseconds. */
const CYCLE = 30_000_000_000n
/** What a renewal makes of the lease, in nanoseconds. */
const LEASE = 300_000_000_000n
const STEP = 20_000n

export interface HeldLock {
  /** Tells this lock from others. */
  readonly family?: number
  /** Renewals that succeed; 2,880 are a day. */
  readonly renewals: number
  /** Renewals, counted from 1, that fail and are tried again at the next cycle. */
  readonly failing?: readonly number[]
  /** What ends it: it is released, its lease is found lost by one more renewal, or nothing more is heard of it. */
  readonly end: 'released' | 'lost' | 'silence'
  /**
   * Whether `WatchDog.Create` is published anew, with one action more, at every renewal, as the Go library does.
   * @default true
   */
  readonly republish?: boolean
}

/**
 * The lines of a lock that is held and renewed, as the Go library publishes them: each cycle republishes the
 * `WatchDog.Create` event with one action more, so that its line grows by 140 bytes a cycle.
 */
export function* heldLock(options: HeldLock): Generator<string> {
  const { family = 1, renewals, end } = options
  const failing = new Set(options.failing)
  const start = 1_795_000_000_123_456_789n
  const call = new CallWriter(family, start)
  const began = start
  const record = (version: number): Record<string, unknown> => ({
    lock_id: call.lockId,
    owner_id: call.ownerId,
    version,
    lock_count: 1,
    lock_begin_time: new Date(Number(began / 1_000_000n)).toISOString(),
    lease_expire_time: new Date(Number((call.now + LEASE) / 1_000_000n)).toISOString(),
  })

  yield call.begin()
  const attempt = call.newId()
  yield call.event('StorageLock.Lock.Try.Begin', { id: attempt })
  yield call.storage('Storage.Get', { parentId: attempt, err: {}, payload: { lockId: call.lockId } })
  const absent = call.newId()
  yield call.event('StorageLock.Lock.NotExists', { id: absent, parentId: attempt })
  yield call.storage('Storage.GetTime', { parentId: absent })
  yield call.storage('Storage.CreateWithVersion', {
    parentId: absent,
    payload: { lockId: call.lockId, lockInformation: record(1), version: 1 },
  })

  const watchDogId = `storage-lock-watch-dog-${family.toString(16).padStart(32, '0')}`
  const dog = call.newId()
  const aboveDog = call.newId()
  const dogStart = call.now + STEP
  const dogSpec = {
    id: dog,
    rootId: call.rootId,
    parentId: aboveDog,
    type: 2,
    at: dogStart,
    watchDogId,
    lockId: call.lockId,
    ownerId: call.ownerId,
  }
  let dogActions = actionJson({ name: 'WatchDog.Create', at: dogStart + 100n })
  yield eventLineOf(dogSpec, dogActions)
  call.now += STEP
  yield call.event('StorageLock.Lock.Begin.Success', {
    action: { payload: { lockBusyCount: 0, versionMissCount: 0 } },
  })
  yield call.event('StorageLock.Lock.Finish', { action: { payload: { versionMissCount: 0 } } })

  const ofDog = { parentId: dog, watchDogId }
  let succeeded = 0
  const cycle = function* (outcome: 'renewed' | 'failed' | 'lost'): Generator<string> {
    call.now += CYCLE
    const counters = { refreshSuccessCount: succeeded, continueErrorCount: 0 }
    yield call.event('WatchDog.Refresh.Begin', { ...ofDog, action: { payload: counters } })
    const refreshStart = call.now + STEP
    const refresh = call.newId()
    if (options.republish !== false) {
      dogActions += `,${actionJson({ name: 'StorageLock.getLockInformation.Begin', at: refreshStart + 3_000n })}`
      yield eventLineOf(dogSpec, dogActions)
    }
    if (outcome === 'lost') {
      yield call.storage('Storage.Get', { ...ofDog, err: {}, payload: { lockId: call.lockId } })
      const found = call.now + 50_000n
      yield eventLineOf(
        { ...dogSpec, id: refresh, parentId: dog, at: refreshStart, end: found },
        [
          actionJson({ name: 'WatchDog.Refresh', at: refreshStart + 100n }),
          actionJson({ name: 'lock-not-found-error', at: found - 1_000n, err: {} }),
        ].join(','),
      )
      call.now = found
      yield call.event('WatchDog.Exit', { ...ofDog, action: { payload: counters } })
      return
    }
    yield call.storage('Storage.Get', { ...ofDog, payload: { lockId: call.lockId } })
    yield call.storage('Storage.GetTime', { parentId: refresh, watchDogId })
    yield call.storage('Storage.UpdateWithVersion', {
      parentId: refresh,
      watchDogId,
      payload: {
        lockId: call.lockId,
        lockInformation: record(succeeded + 2),
        exceptedVersion: succeeded + 1,
      },
      err: outcome === 'failed' ? { Code: 19, Message: 'the disk is away' } : null,
    })
    const done = call.now + 50_000n
    yield eventLineOf(
      { ...dogSpec, id: refresh, parentId: dog, at: refreshStart, end: done },
      [
        actionJson({ name: 'WatchDog.Refresh', at: refreshStart + 100n }),
        actionJson(
          outcome === 'failed'
            ? { name: 'Storage.UpdateWithVersion-error', at: done - 1_000n, err: {} }
            : { name: 'Storage.UpdateWithVersion-success', at: done - 1_000n },
        ),
      ].join(','),
    )
    call.now = done
    if (outcome === 'renewed') succeeded++
    yield call.event(outcome === 'failed' ? 'WatchDog.Refresh.Error' : 'WatchDog.Refresh.Success', {
      ...ofDog,
      action: { payload: counters, err: outcome === 'failed' ? {} : null },
    })
  }

  for (let number = 1; number <= renewals; number++) yield* cycle(failing.has(number) ? 'failed' : 'renewed')
  if (end === 'lost') yield* cycle('lost')
  if (end === 'released') {
    call.now += CYCLE / 2n
    yield call.event('WatchDog.Stop', ofDog)
    yield call.event('WatchDog.Exit', ofDog)
    yield* release(call, family, watchDogId, record(succeeded + 1))
  }
}

/** The lines of the Unlock call that releases it. */
function* release(
  lock: CallWriter,
  family: number,
  watchDogId: string,
  lockInformation: Record<string, unknown>,
): Generator<string> {
  const call = new CallWriter(family + 0x10_0000, lock.now, lock.lockId, lock.ownerId)
  const unlock = call.newId()
  const ofUnlock = { type: 3, parentId: unlock }
  yield call.event('StorageLock.Unlock', { id: unlock, type: 3 })
  yield call.storage('Storage.Get', { ...ofUnlock, payload: { lockId: call.lockId } })
  const free = call.newId()
  const freeAt = call.now + STEP
  const spec = {
    id: free,
    rootId: call.rootId,
    at: freeAt,
    lockId: call.lockId,
    ownerId: call.ownerId,
    ...ofUnlock,
  }
  const begin = actionJson({
    name: 'StorageLock.Unlock.Release',
    at: freeAt + 100n,
    payload: { lockInformation },
  })
  call.now += STEP
  yield eventLineOf(spec, begin)
  yield call.event('WatchDog.Stop', { type: 3, parentId: free, watchDogId })
  const at = call.now + STEP
  const deleted = actionJson({
    name: 'Storage.DeleteWithVersion',
    at,
    end: at + 6_000n,
    payload: { lockId: call.lockId, lockInformation },
  })
  yield eventLineOf(spec, `${begin},${deleted}`)
  call.now = at + 6_000n
  yield call.event('StorageLock.Unlock.Success', { type: 3 })
  yield call.event('StorageLock.Unlock.Finish', { type: 3 })
}
