import { actionJson, CallWriter, eventLineOf } from './lock-lines.js'

/** What came of the call; made up beforehand, so that a test can check what was measured. */
export interface LivelockFacts {
  readonly attempts: number
  readonly busy: number
  readonly versionMisses: number
  /** From the begin of the call to its success, in seconds. */
  seconds: number
}

/** Publications of one attempt that finds the lock held, and of one that loses the race for it. */
const BUSY_LINES = 6
const MISS_LINES = 7

/**
 * The lines of a Lock call that tries until it has published at least `publications` events, and then succeeds. Every
 * tenth attempt loses the race for the lock; the others find it held.
 */
export function* livelock(publications: number, facts: (facts: LivelockFacts) => void): Generator<string> {
  const call = new CallWriter(7, 1_795_000_000_123_456_789n, 'hot-lock', 'owner-patient')
  let told = 1
  let busy = 0
  let misses = 0
  yield call.begin()
  const began = call.now + 100n
  while (told < publications - 10) {
    call.now += 1_000_000n
    const attempt = call.newId()
    const at = call.now + 20_000n
    call.now = at
    const spec = {
      id: attempt,
      rootId: call.rootId,
      parentId: call.rootId,
      type: 2,
      at,
      lockId: call.lockId,
      ownerId: call.ownerId,
    }
    const begin = actionJson({ name: 'StorageLock.Lock.Try.Begin', at: at + 100n })
    yield eventLineOf(spec, begin)
    yield eventLineOf(
      spec,
      `${begin},${actionJson({ name: 'StorageLock.getLockInformation.Begin', at: at + 900n })}`,
    )
    yield call.storage('Storage.Get', { parentId: attempt })
    yield call.event('Storage.Get.Success', { parentId: attempt })
    if ((busy + misses) % 10 === 9) {
      misses++
      yield call.storage('Storage.UpdateWithVersion', { parentId: attempt, err: {} })
      yield call.event('Storage.UpdateWithVersion.Miss', { parentId: attempt, action: { err: {} } })
      yield call.event('StorageLock.Lock.VersionMiss', { parentId: attempt, action: counters(busy, misses) })
      told += MISS_LINES
    } else {
      busy++
      const holder = {
        lock_id: call.lockId,
        owner_id: `owner-${busy % 50}`,
        version: busy,
        lock_count: 1,
        lock_begin_time: '2026-11-22T10:00:00Z',
        lease_expire_time: '2026-11-22T10:05:00Z',
      }
      yield call.event('StorageLock.Lock.Begin.Busy', {
        parentId: attempt,
        action: { payload: { lockInformation: holder } },
      })
      yield call.event('StorageLock.Lock.Begin.Busy', { parentId: attempt, action: counters(busy, misses) })
      told += BUSY_LINES
    }
  }
  const attempt = call.newId()
  yield call.event('StorageLock.Lock.Try.Begin', { id: attempt })
  yield call.storage('Storage.CreateWithVersion', {
    parentId: attempt,
    payload: {
      lockId: call.lockId,
      lockInformation: {
        lock_id: call.lockId,
        owner_id: call.ownerId,
        version: 1,
        lock_count: 1,
        lock_begin_time: '2026-11-22T10:00:00Z',
        lease_expire_time: '2026-11-22T10:05:00Z',
      },
    },
  })
  yield call.event('StorageLock.Lock.Begin.Success', { action: counters(busy, misses) })
  const seconds = Number(call.now + 100n - began) / 1e9
  yield call.event('StorageLock.Lock.Finish', { action: { payload: { versionMissCount: misses } } })
  facts({ attempts: busy + misses + 1, busy, versionMisses: misses, seconds })
}

const counters = (lockBusyCount: number, versionMissCount: number): { payload: Record<string, unknown> } => ({
  payload: { lockBusyCount, versionMissCount },
})
