import type { HrTime } from '@opentelemetry/api'
import {
  Action,
  ActionName,
  Event,
  EventType,
  formatRfc3339,
  LockInformation,
} from '../../src/events/index.js'

/** How a call of Lock goes. */
export interface LockPlan {
  /** Attempts that find the lock held. */
  readonly busy?: number
  /** Attempts whose write loses a race. */
  readonly versionMisses?: number
  readonly outcome?: 'acquired' | 'timeout' | 'error' | 'unfinished'
  /** How the record comes to be this owner's. */
  readonly by?: 'create' | 'reentry' | 'takeover'
  readonly watchDog?: boolean
  /** Shows as the holder in busy attempts; by default somebody unknown. */
  readonly holder?: Held
}

export type RenewalKind = 'renewed' | 'error' | 'not_owner' | 'not_found'
export type UnlockKind = 'released' | 'reentry' | 'refused' | 'error'

/** A lock as it stands after a call of Lock. */
export interface Held {
  readonly rootId: string
  readonly lockId: string
  readonly ownerId: string
  /** Id of the root's event, of the unpublished event above the watch dog, of the dog's own. */
  readonly root: Event
  readonly dog: Event | undefined
  record: LockInformation
  renewals: number
}

export interface StoryOptions {
  readonly lockId?: string
  readonly ownerId?: string
  readonly storageName?: string
  /** Nanoseconds since 1970. */
  readonly start?: bigint
  /** Seconds a lease runs. */
  readonly lease?: number
  /** Seconds that the storage's clock is behind. */
  readonly storageBehind?: number
  /** Ids made differ from those of a story with another seed. */
  readonly seed?: number
}

const SECOND = 1_000_000_000n

export const at = (nanoseconds: bigint): HrTime => [
  Number(nanoseconds / SECOND),
  Number(nanoseconds % SECOND),
]

/**
 * What Storage Lock (Go, of 2026) publishes when locks are taken, renewed and released, line by line: with
 * the events it never publishes, those it publishes again, and children before their parents.
 */
export class Story {
  /** The publications so far, in order; each is an object of its own, as if read from a line. */
  readonly lines: Event[] = []
  /** Now, in nanoseconds since 1970; every publication takes some. */
  now: bigint
  lockId: string
  ownerId: string
  readonly storageName: string
  readonly lease: bigint
  readonly #behind: bigint
  readonly #seed: number
  #ids = 0

  constructor(options: StoryOptions = {}) {
    this.lockId = options.lockId ?? 'order-42'
    this.ownerId = options.ownerId ?? 'owner-A'
    this.storageName = options.storageName ?? 'memory-storage'
    this.now = options.start ?? 1_800_000_000n * SECOND
    this.lease = BigInt(options.lease ?? 300) * SECOND
    this.#behind = BigInt(options.storageBehind ?? 0) * SECOND
    this.#seed = options.seed ?? 1
  }

  /** As another owner, at the same time. */
  as<T>(ownerId: string, tell: () => T): T {
    const before = this.ownerId
    this.ownerId = ownerId
    try {
      return tell()
    } finally {
      this.ownerId = before
    }
  }

  wait(seconds: number): void {
    this.now += BigInt(Math.round(seconds * 1e9))
  }

  newId(prefix = 'storage-lock-event-'): string {
    this.#ids += 1
    const high = (this.#seed * 0x9e3779b1 + this.#ids * 0x85ebca6b) >>> 0
    const hex = [this.#seed, high, ~high, this.#ids].map((n) => (n >>> 0).toString(16).padStart(8, '0'))
    return prefix + hex.join('')
  }

  /** An event that is not published yet, below `parent` or a root. */
  event(type: EventType, parent?: Event, watchDogId = ''): Event {
    const event = new Event(this.lockId, this.newId(), this.#tick())
    event.eventType = type
    event.ownerId = this.ownerId
    event.storageName = this.storageName
    event.watchDogId = watchDogId
    if (parent !== undefined) {
      event.rootId = parent.rootId
      event.parentId = parent.id
    }
    return event
  }

  /** Adds an action; `timed` gives it an end. */
  act(event: Event, name: string, details: { payload?: object; err?: unknown; timed?: boolean } = {}): Event {
    const action = new Action(name, this.#tick())
    if (details.payload !== undefined) action.payloadMap = { ...details.payload }
    action.err = details.err ?? null
    if (details.timed === true) action.endTime = this.#tick()
    event.actions.push(action)
    return event
  }

  /** Publishes an event as it is now. */
  publish(event: Event): Event {
    event.endTime ??= this.#tick()
    const line = Object.assign(new Event('', event.id, event.startTime), event)
    line.actions = event.actions.slice()
    this.lines.push(line)
    return event
  }

  /** An event of one action, published. */
  say(
    type: EventType,
    parent: Event,
    name: string,
    details: { payload?: object; err?: unknown; timed?: boolean; dog?: string } = {},
  ): Event {
    return this.publish(this.act(this.event(type, parent, details.dog), name, details))
  }

  create(): Event {
    return this.publish(this.event(EventType.CreateLock))
  }

  lock(plan: LockPlan = {}): Held {
    const { busy = 0, versionMisses = 0, outcome = 'acquired', by = 'create', watchDog = true } = plan
    const type = EventType.Lock
    const root = this.publish(this.act(this.event(type), ActionName.LockBegin))
    const counters = { lockBusyCount: 0, versionMissCount: 0 }
    for (let i = 0; i < busy; i++) this.#busyAttempt(root, counters, plan.holder)
    for (let i = 0; i < versionMisses; i++) this.#missedAttempt(root, counters)
    const held: Held = {
      rootId: root.id,
      lockId: this.lockId,
      ownerId: this.ownerId,
      root,
      dog: undefined,
      record: this.#record(plan),
      renewals: 0,
    }
    if (outcome === 'unfinished') return held
    if (outcome === 'timeout') {
      this.say(type, root, ActionName.Timeout, { payload: counters, err: {} })
      this.say(type, root, ActionName.LockFinish, {
        payload: { versionMissCount: counters.versionMissCount },
      })
      return held
    }
    const attempt = this.#attempt(root)
    if (outcome === 'error') {
      this.say(type, attempt, ActionName.StorageGet, { payload: this.#got(''), err: FAULT, timed: true })
      this.say(type, attempt, ActionName.StorageGetError, { err: FAULT })
      this.say(type, attempt, ActionName.GetLockInformationError, { err: FAULT })
      this.say(type, root, ActionName.LockError, { payload: counters, err: FAULT })
      this.say(type, root, ActionName.LockFinish)
      return held
    }
    const dog = this.#write(attempt, held, by, watchDog)
    this.say(type, root, ActionName.LockSuccess, { payload: { ...counters } })
    this.say(type, root, ActionName.LockFinish, { payload: { versionMissCount: counters.versionMissCount } })
    return { ...held, dog }
  }

  /** One renewal by the watch dog: children before their parent, and its `WatchDog.Create` once more. */
  renew(held: Held, kind: RenewalKind = 'renewed'): void {
    const dog = held.dog
    if (dog === undefined) throw new Error('no watch dog')
    const type = EventType.Lock
    const of = { dog: dog.watchDogId }
    const counts = { refreshSuccessCount: held.renewals, continueErrorCount: 0 }
    this.say(type, dog, ActionName.WatchDogRefreshBegin, { ...of, payload: counts })
    const refresh = this.act(this.event(type, dog, dog.watchDogId), ActionName.WatchDogRefresh)
    this.publish(this.act(dog, ActionName.GetLockInformationBegin))
    if (kind === 'not_found') {
      this.say(type, dog, ActionName.StorageGet, { ...of, payload: this.#got(''), err: {}, timed: true })
      this.say(type, dog, ActionName.StorageGetError, { ...of, err: {} })
      this.publish(this.act(refresh, ActionName.LockNotFoundError, { err: {} }))
    } else {
      this.say(type, dog, ActionName.StorageGet, {
        ...of,
        payload: this.#got(recordJson(held.record)),
        timed: true,
      })
      this.say(type, dog, ActionName.StorageGetSuccess, of)
      if (kind === 'not_owner') this.publish(this.act(refresh, ActionName.NotLockOwner))
      else this.#renewRecord(held, refresh, kind)
    }
    if (kind === 'renewed') {
      held.renewals += 1
      this.say(type, dog, ActionName.WatchDogRefreshSuccess, { ...of, payload: counts })
      return
    }
    this.say(type, dog, ActionName.WatchDogRefreshError, { ...of, payload: counts, err: {} })
    if (kind !== 'error') this.say(type, dog, ActionName.WatchDogExit, { ...of, payload: counts })
  }

  unlock(held: Held, kind: UnlockKind = 'released'): string {
    const type = EventType.Unlock
    const before = this.ownerId
    this.ownerId = held.ownerId
    const root = this.event(type)
    const unlock = this.say(type, root, ActionName.Unlock)
    const info = this.say(type, unlock, ActionName.GetLockInformationBegin)
    this.say(type, info, ActionName.StorageGet, { payload: this.#got(recordJson(held.record)), timed: true })
    this.say(type, info, ActionName.StorageGetSuccess)
    let failure: unknown
    if (kind === 'refused') {
      this.say(type, unlock, ActionName.NotLockOwner)
      failure = {}
    } else if (kind === 'reentry') {
      const again = this.event(type, unlock)
      held.record = copy(held.record, { lockCount: held.record.lockCount - 1 })
      this.say(type, again, ActionName.UnlockReentry, { payload: payloadOf(held.record) })
      this.say(type, again, ActionName.StorageUpdateWithVersion, {
        payload: payloadOf(held.record),
        timed: true,
      })
    } else {
      failure = this.#release(unlock, held, kind === 'error')
    }
    if (failure === undefined) this.say(type, root, ActionName.UnlockSuccess)
    else this.say(type, root, ActionName.UnlockError, { err: failure })
    this.say(type, root, ActionName.UnlockFinish)
    this.ownerId = before
    return root.id
  }

  #release(unlock: Event, held: Held, fails: boolean): unknown {
    const type = EventType.Unlock
    const release = this.event(type, unlock)
    const payload = { lastVersion: 1, ...payloadOf(held.record) }
    this.publish(this.act(release, ActionName.UnlockRelease, { payload }))
    if (held.dog !== undefined) {
      const dog = held.dog.watchDogId
      this.say(EventType.Lock, held.dog, ActionName.WatchDogStop, { dog })
      this.say(EventType.Lock, held.dog, ActionName.WatchDogExit, { dog })
      const stop = this.event(type, release, dog)
      this.act(stop, ActionName.WatchDogStop)
      this.publish(this.act(stop, ActionName.WatchDogStopSuccess))
    }
    const err = fails ? FAULT : null
    this.publish(this.act(release, ActionName.StorageDeleteWithVersion, { payload, err, timed: true }))
    this.say(
      type,
      release,
      fails ? ActionName.StorageDeleteWithVersionError : ActionName.StorageDeleteWithVersionSuccess,
      { err },
    )
    return err ?? undefined
  }

  #renewRecord(held: Held, refresh: Event, kind: 'renewed' | 'error'): void {
    const type = EventType.Lock
    const of = { dog: refresh.watchDogId, timed: true }
    const record = copy(held.record, {
      leaseExpireTime: at(this.now - this.#behind + this.lease),
    })
    record.version = Number(record.version) + 1
    this.say(type, refresh, ActionName.StorageGetTime, of)
    const err = kind === 'error' ? FAULT : null
    this.say(type, refresh, ActionName.StorageUpdateWithVersion, { ...of, payload: payloadOf(record), err })
    if (kind === 'renewed') held.record = record
    this.publish(
      this.act(
        refresh,
        kind === 'error'
          ? ActionName.WatchDogUpdateWithVersionError
          : ActionName.WatchDogUpdateWithVersionSuccess,
        { err },
      ),
    )
  }

  #attempt(root: Event): Event {
    const attempt = this.publish(this.act(this.event(EventType.Lock, root), ActionName.TryLockBegin))
    return this.publish(this.act(attempt, ActionName.GetLockInformationBegin))
  }

  #busyAttempt(root: Event, counters: Counters, holder: Held | undefined): void {
    const type = EventType.Lock
    const attempt = this.#attempt(root)
    const record =
      holder?.record ?? new LockInformation(this.lockId, 'somebody', 1, 1, at(this.now), undefined)
    this.say(type, attempt, ActionName.StorageGet, { payload: this.#got(recordJson(record)), timed: true })
    this.say(type, attempt, ActionName.StorageGetSuccess)
    const exists = this.say(type, attempt, ActionName.LockExists)
    this.say(type, exists, ActionName.StorageGetTime, { timed: true })
    this.say(type, exists, ActionName.LockBusy, { payload: payloadOf(record) })
    counters.lockBusyCount += 1
    this.say(type, root, ActionName.LockBusy, { payload: counters })
    this.say(type, root, ActionName.Sleep, { payload: { sleep: 1_000_000 } })
    this.wait(0.001)
    this.say(type, root, ActionName.SleepRetry, { payload: counters })
  }

  #missedAttempt(root: Event, counters: Counters): void {
    const type = EventType.Lock
    const attempt = this.#attempt(root)
    this.say(type, attempt, ActionName.StorageGet, { payload: this.#got(''), err: {}, timed: true })
    this.say(type, attempt, ActionName.StorageGetError, { err: {} })
    const notExists = this.say(type, attempt, ActionName.LockNotExists)
    this.say(type, notExists, ActionName.StorageGetTime, { timed: true })
    this.say(type, notExists, ActionName.StorageCreateWithVersion, { err: {}, timed: true })
    this.say(type, notExists, ActionName.StorageCreateWithVersionError, { err: {} })
    counters.versionMissCount += 1
    this.say(type, root, ActionName.LockVersionMiss, { payload: counters })
    this.say(type, root, ActionName.Sleep, { payload: { sleep: 1_000_000 } })
    this.wait(0.001)
    this.say(type, root, ActionName.SleepRetry, { payload: counters })
  }

  /** The attempt that succeeds. */
  #write(
    attempt: Event,
    held: Held,
    by: 'create' | 'reentry' | 'takeover',
    watchDog: boolean,
  ): Event | undefined {
    const type = EventType.Lock
    const payload = payloadOf(held.record)
    let place: Event
    if (by === 'create') {
      this.say(type, attempt, ActionName.StorageGet, { payload: this.#got(''), err: {}, timed: true })
      this.say(type, attempt, ActionName.StorageGetError, { err: {} })
      place = this.say(type, attempt, ActionName.LockNotExists)
      this.say(type, place, ActionName.StorageGetTime, { timed: true })
      this.say(type, place, ActionName.StorageCreateWithVersion, { payload, timed: true })
      this.say(type, place, ActionName.StorageCreateWithVersionSuccess)
    } else {
      const old =
        by === 'reentry'
          ? held.record
          : new LockInformation(this.lockId, 'who-went-away', 7, 1, at(this.now - SECOND), at(this.now))
      this.say(type, attempt, ActionName.StorageGet, { payload: this.#got(recordJson(old)), timed: true })
      this.say(type, attempt, ActionName.StorageGetSuccess)
      const exists = this.say(type, attempt, ActionName.LockExists)
      this.say(type, exists, ActionName.StorageGetTime, { timed: true })
      place = by === 'reentry' ? this.say(type, exists, ActionName.LockReentry) : this.event(type, exists)
      this.say(type, place, ActionName.StorageUpdateWithVersion, { payload, timed: true })
      this.say(type, place, ActionName.StorageUpdateWithVersionSuccess)
    }
    if (!watchDog || by === 'reentry') return undefined
    const above = this.event(type, place)
    const id = this.newId('storage-lock-watch-dog-')
    const dog = this.publish(this.act(this.event(type, above, id), ActionName.WatchDogCreate))
    this.say(type, above, ActionName.WatchDogCreateSuccess, { dog: id })
    this.say(type, dog, ActionName.WatchDogStart, { dog: id })
    this.say(type, above, ActionName.WatchDogStartSuccess, { dog: id })
    return dog
  }

  #record(plan: LockPlan): LockInformation {
    if (plan.by === 'reentry' && plan.holder !== undefined) {
      plan.holder.record = copy(plan.holder.record, { lockCount: plan.holder.record.lockCount + 1 })
      return plan.holder.record
    }
    const stored = this.now - this.#behind
    return new LockInformation(this.lockId, this.ownerId, 1, 1, at(stored), at(stored + this.lease))
  }

  #got(json: string): object {
    return { lockId: this.lockId, lockInformationJsonString: json }
  }

  #tick(): HrTime {
    this.now += 1_001n
    return at(this.now)
  }
}

interface Counters {
  lockBusyCount: number
  versionMissCount: number
}

/** What most of Go's errors look like on the wire; this one kept a code. */
export const FAULT = Object.freeze({ Code: '57P01', Message: 'terminating connection' })

/** A record in a payload, as JSON has it. */
function payloadOf(record: LockInformation): object {
  return { lockId: record.lockId, lockInformation: JSON.parse(recordJson(record)) as object }
}

function recordJson(record: LockInformation): string {
  const time = (value: HrTime | undefined): string =>
    value === undefined ? '0001-01-01T00:00:00Z' : formatRfc3339(value)
  return JSON.stringify({
    lock_id: record.lockId,
    owner_id: record.ownerId,
    version: Number(record.version),
    lock_count: record.lockCount,
    lock_begin_time: time(record.lockBeginTime),
    lease_expire_time: time(record.leaseExpireTime),
  })
}

function copy(record: LockInformation, changes: Partial<LockInformation>): LockInformation {
  return Object.assign(new LockInformation(), record, changes)
}
