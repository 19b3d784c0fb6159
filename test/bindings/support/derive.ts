import type { Context, HrTime } from '@opentelemetry/api'
import {
  type Action,
  type Event,
  EventType,
  eventFromJson,
  eventToJson,
  type Listener,
  secondsBetween,
} from '../../../src/events/index.js'

/** One publication, as it was at that moment. */
interface Publication {
  readonly event: Event
  readonly ctx: Context | undefined
}

/** A publication as it came: reading it would hold up whoever publishes. */
interface Line {
  readonly json: string
  readonly ctx: Context | undefined
  event?: Event
}

/** An acquire, as the events tell of it. Times in seconds. */
export interface Acquire {
  readonly lockId: string
  readonly ownerId: string
  readonly outcome: 'acquired' | 'timeout' | 'error' | 'open'
  readonly wait: number
  readonly busy: number
  readonly attempts: number
  readonly error: unknown
  readonly ctx: Context | undefined
  readonly takeover: boolean
}

/** A hold that ended. */
export interface HoldEnd {
  readonly lockId: string
  readonly ownerId: string
  readonly seconds: number
  /** By what its two trees were linked. */
  readonly link: 'watch-dog' | 'record'
}

/** Collects the publications of a lock, and derives from them what it did, by the rules of the event stream. */
export class Recorded implements Listener {
  readonly name = 'recorded'
  readonly #lines: Line[] = []

  on(ctx: Context | undefined, event: Event): void {
    // Through JSON, so that the wire carries all that is derived.
    this.#lines.push({ json: eventToJson(event), ctx })
  }

  get publications(): Publication[] {
    return this.#lines.map((line) => {
      line.event ??= eventFromJson(line.json)
      return { ctx: line.ctx, event: line.event }
    })
  }

  clear(): void {
    this.#lines.length = 0
  }

  /** The names of all actions, in the order of their publication. */
  get names(): string[] {
    return this.actions().map(({ action }) => action.name)
  }

  count(name: string): number {
    return this.names.filter((each) => each === name).length
  }

  actions(name?: string): { readonly event: Event; readonly action: Action }[] {
    const found: { event: Event; action: Action }[] = []
    const seen = new Map<string, number>()
    for (const { event } of this.publications) {
      for (const action of event.actions.slice(seen.get(event.id) ?? 0)) {
        if (name === undefined || action.name === name) found.push({ event, action })
      }
      seen.set(event.id, event.actions.length)
    }
    return found
  }

  get creates(): Event[] {
    return this.publications
      .map(({ event }) => event)
      .filter((event) => event.eventType === EventType.CreateLock)
  }

  get acquires(): Acquire[] {
    return this.trees(EventType.Lock).map((tree) => {
      const begin = one(tree, 'StorageLock.Lock.Begin')
      const end = ['StorageLock.Lock.Begin.Success', 'timeout', 'StorageLock.Lock.Begin.Error']
        .map((name) => maybe(tree, name))
        .find((action) => action !== undefined)
      const busy = end?.payloadAsNumber('lockBusyCount') ?? 0
      const acquired = end?.name === 'StorageLock.Lock.Begin.Success'
      return {
        lockId: tree[0]!.lockId,
        ownerId: tree[0]!.ownerId,
        outcome: acquired
          ? 'acquired'
          : end?.name === 'timeout'
            ? 'timeout'
            : end === undefined
              ? 'open'
              : 'error',
        wait: end === undefined ? Number.NaN : seconds(begin.startTime, end.startTime),
        busy,
        attempts: busy + (end?.name === 'timeout' ? 0 : 1),
        error: end?.err,
        ctx: this.publications.find(({ event }) => event.id === tree[0]!.id)?.ctx,
        takeover: tree.some(
          (event) =>
            event.watchDogId === '' && event.actions.some(({ name }) => name === 'Storage.UpdateWithVersion'),
        ),
      }
    })
  }

  get releases(): { readonly lockId: string; readonly outcome: 'released' | 'refused' | 'error' }[] {
    return this.trees(EventType.Unlock).map((tree) => ({
      lockId: tree[0]!.lockId,
      outcome:
        maybe(tree, 'StorageLock.Unlock.Success') !== undefined
          ? 'released'
          : maybe(tree, 'not-lock-owner') !== undefined
            ? 'refused'
            : 'error',
    }))
  }

  /** The holds that were released in full, each linked to its acquire. */
  get holds(): HoldEnd[] {
    const locks = this.trees(EventType.Lock)
    return this.trees(EventType.Unlock).flatMap((tree) => {
      const deleted = maybe(tree, 'Storage.DeleteWithVersion')
      if (deleted === undefined || deleted.endTime === undefined || deleted.err !== null) return []
      const dog = tree.find((event) => event.actions.some(({ name }) => name === 'WatchDog.Stop'))?.watchDogId
      const record = one(tree, 'StorageLock.Unlock.Release').payloadAsLockInformation('lockInformation')
      const byDog = locks.find((lock) => lock.some((event) => dog !== undefined && event.watchDogId === dog))
      const byRecord = locks.find((lock) => {
        const written = lock
          .flatMap((event) => event.actions)
          .find((action) => /^Storage\.(Create|Update)WithVersion$/.test(action.name) && action.err === null)
          ?.payloadAsLockInformation('lockInformation')
        return (
          written !== undefined &&
          written.ownerId === record?.ownerId &&
          String(written.lockBeginTime) === String(record.lockBeginTime)
        )
      })
      const lock = byDog ?? byRecord
      if (lock === undefined) return []
      return {
        lockId: tree[0]!.lockId,
        ownerId: tree[0]!.ownerId,
        seconds: seconds(one(lock, 'StorageLock.Lock.Begin.Success').startTime, deleted.endTime),
        link: byDog === undefined ? 'record' : 'watch-dog',
      }
    })
  }

  /** Renewals by result: the name of the last action of their event. */
  get renewals(): string[] {
    return this.publications
      .filter(({ event }) => event.actions[0]?.name === 'WatchDog.Refresh')
      .map(({ event }) => event.actions.at(-1)!.name)
  }

  get losses(): Action[] {
    return this.publications
      .filter(({ event }) => event.actions[0]?.name === 'WatchDog.Refresh')
      .flatMap(({ event }) => event.actions)
      .filter(({ name }) => name === 'not-lock-owner' || name === 'lock-not-found-error')
  }

  /** The events of each tree whose root began such an operation. */
  trees(type: EventType): Event[][] {
    const byRoot = new Map<string, Event[]>()
    for (const { event } of this.publications) {
      const tree = byRoot.get(event.rootId)
      if (tree === undefined) byRoot.set(event.rootId, [event])
      else tree.push(event)
    }
    return [...byRoot.values()].filter((tree) => tree[0]!.eventType === type)
  }
}

function maybe(tree: readonly Event[], name: string): Action | undefined {
  return tree.flatMap((event) => event.actions).find((action) => action.name === name)
}

function one(tree: readonly Event[], name: string): Action {
  const action = maybe(tree, name)
  if (action === undefined) throw new Error(`no ${name} in the tree of ${tree[0]?.id}`)
  return action
}

function seconds(from: HrTime | undefined, to: HrTime | undefined): number {
  if (from === undefined || to === undefined) throw new Error('an action without a time')
  return secondsBetween(from, to)
}
