import { visible } from './format.js'
import {
  ACQUIRE_OUTCOMES,
  AcquireFlag,
  type Columns,
  HOLD_ENDS,
  LOSS_REASONS,
  type PageData,
  RELEASE_OUTCOMES,
  RENEWAL_OUTCOMES,
  RenewalFlag,
} from './page-data.js'

/** What all things on a lane have. Times are nanoseconds since the model's base. */
export interface Item {
  readonly seq: number
  readonly lock: Lock
  readonly owner: Owner
  readonly start: number
  readonly end: number
}

export interface Acquire extends Item {
  readonly kind: 'acquire'
  readonly trace: string
  readonly outcome: (typeof ACQUIRE_OUTCOMES)[number]
  readonly complete: boolean
  readonly finished: boolean
  readonly reentrant: boolean
  readonly takeover: boolean
  readonly attempts: number
  readonly busy: number
  readonly misses: number
  readonly acquiredAt: number | undefined
  readonly token: string
  readonly error: string
  readonly tries: readonly number[]
  readonly holders: readonly Owner[]
}

export interface Hold extends Item {
  readonly kind: 'hold'
  readonly trace: string
  readonly how: (typeof HOLD_ENDS)[number]
  readonly reason: (typeof LOSS_REASONS)[number]
  readonly lease: number | undefined
  readonly renewals: number
  readonly failures: number
  readonly token: string
}

export interface Release extends Item {
  readonly kind: 'release'
  readonly trace: string
  readonly outcome: (typeof RELEASE_OUTCOMES)[number]
  readonly complete: boolean
  readonly finished: boolean
  readonly error: string
}

export interface Renewal extends Item {
  readonly kind: 'renewal'
  readonly outcome: (typeof RENEWAL_OUTCOMES)[number]
  readonly reason: (typeof LOSS_REASONS)[number]
  readonly countsAsLoss: boolean
  readonly headroom: number | undefined
  readonly error: string
}

export type AnyItem = Acquire | Hold | Release | Renewal

/** A process, thread or task that wants locks. */
export interface Owner {
  readonly id: string
  /** The id as it is shown. */
  readonly name: string
  readonly index: number
}

/** A lock and all that happened to it, each list by start. */
export interface Lock {
  readonly id: string
  /** The id as it is shown. */
  readonly name: string
  readonly storage: string
  readonly index: number
  acquires: Acquire[]
  holds: Hold[]
  releases: Release[]
  renewals: Renewal[]
}

/** All the facts of a page. A live page adds to it and forgets what is old. */
export class Model {
  readonly locks: Lock[] = []
  readonly owners: Owner[] = []
  /** Seconds since 1970 and nanoseconds: what all times are relative to. */
  base: readonly [number, number] = [0, 0]
  seq = 0
  forgotten = 0
  /** The newest moment heard of. */
  until = 0
  /** Counts the changes. */
  version = 0
  readonly #locks = new Map<string, Lock>()
  readonly #owners = new Map<string, Owner>()
  #begun = false

  /** Adds what a page's data tell. What is held still replaces what was held before. */
  add(data: PageData): void {
    this.version += 1
    if (!this.#begun) {
      this.base = data.base
      this.#begun = data.until >= 0
    }
    const offset = (data.base[0] - this.base[0]) * 1e9 + (data.base[1] - this.base[1])
    const locks = data.locks.map(([storage, id]) => this.#lock(storage, id))
    const owners = data.owners.map((id) => this.#owner(id))
    const error = (index: number | undefined): string => data.errors[(index ?? 0) - 1] ?? ''
    // What goes on is told anew each time, and has no number.
    for (const lock of this.locks) {
      lock.holds = lock.holds.filter((hold) => hold.seq !== 0)
      lock.acquires = lock.acquires.filter((acquire) => acquire.seq !== 0)
    }
    const touched = new Set<Lock>()
    const base = reader(locks, owners, offset, touched)

    const { acquires, holds, releases, renewals } = data
    const acquireTraces = traceReader(acquires.traces)
    let tryAt = 0
    let holderAt = 0
    base(acquires, (item, row) => {
      const flags = acquires.flags[row] ?? 0
      const after = acquires.after[row] ?? -1
      const tries: number[] = []
      let last = 0
      for (let count = acquires.tried[row] ?? 0; count > 0; count--) {
        last += acquires.tries[tryAt++] ?? 0
        tries.push(item.start + last * 1000)
      }
      const met: Owner[] = []
      for (let count = acquires.met[row] ?? 0; count > 0; count--) {
        const owner = owners[acquires.holders[holderAt++] ?? -1]
        if (owner !== undefined) met.push(owner)
      }
      item.lock.acquires.push({
        ...item,
        kind: 'acquire',
        trace: acquireTraces(row),
        outcome: ACQUIRE_OUTCOMES[acquires.outcome[row] ?? 3] ?? 'unknown',
        complete: (flags & AcquireFlag.Complete) !== 0,
        finished: (flags & AcquireFlag.Finished) !== 0,
        reentrant: (flags & AcquireFlag.Reentrant) !== 0,
        takeover: (flags & AcquireFlag.Takeover) !== 0,
        attempts: acquires.attempts[row] ?? 0,
        busy: acquires.busy[row] ?? 0,
        misses: acquires.misses[row] ?? 0,
        acquiredAt: after < 0 ? undefined : item.end - after,
        token: String(acquires.token[row] ?? ''),
        error: error(acquires.error[row]),
        tries,
        holders: met,
      })
    })
    const holdTraces = traceReader(holds.traces)
    base(holds, (item, row) => {
      const lease = holds.lease[row] ?? -1
      item.lock.holds.push({
        ...item,
        kind: 'hold',
        trace: holdTraces(row),
        how: HOLD_ENDS[holds.outcome[row] ?? 0] ?? 'released',
        reason: LOSS_REASONS[holds.reason[row] ?? 0] ?? '',
        lease: lease < 0 ? undefined : item.start + lease,
        renewals: holds.renewals[row] ?? 0,
        failures: holds.failures[row] ?? 0,
        token: String(holds.token[row] ?? ''),
      })
    })
    const releaseTraces = traceReader(releases.traces)
    base(releases, (item, row) => {
      const flags = releases.flags[row] ?? 0
      item.lock.releases.push({
        ...item,
        kind: 'release',
        trace: releaseTraces(row),
        outcome: RELEASE_OUTCOMES[releases.outcome[row] ?? 4] ?? 'unknown',
        complete: (flags & AcquireFlag.Complete) !== 0,
        finished: (flags & AcquireFlag.Finished) !== 0,
        error: error(releases.error[row]),
      })
    })
    base(renewals, (item, row) => {
      const headroom = renewals.headroom[row] ?? -1
      item.lock.renewals.push({
        ...item,
        kind: 'renewal',
        outcome: RENEWAL_OUTCOMES[renewals.outcome[row] ?? 1] ?? 'error',
        reason: LOSS_REASONS[renewals.reason[row] ?? 0] ?? '',
        countsAsLoss: ((renewals.flags[row] ?? 0) & RenewalFlag.CountsAsLoss) !== 0,
        headroom: headroom < 0 ? undefined : headroom,
        error: error(renewals.error[row]),
      })
    })
    for (const lock of touched) sortByStart(lock)
    this.seq = Math.max(this.seq, data.seq)
    this.forgotten = Math.max(this.forgotten, data.forgotten)
    if (data.until >= 0) this.until = Math.max(this.until, data.until + offset)
  }

  /** Forgets the facts up to a number. */
  forget(seq: number): void {
    const stays = (item: Item): boolean => item.seq > seq || item.seq === 0
    for (const lock of this.locks) {
      lock.acquires = lock.acquires.filter(stays)
      lock.holds = lock.holds.filter(stays)
      lock.releases = lock.releases.filter(stays)
      lock.renewals = lock.renewals.filter(stays)
    }
    this.version += 1
  }

  #lock(storage: string, id: string): Lock {
    const key = `${storage}\n${id}`
    let lock = this.#locks.get(key)
    if (lock === undefined) {
      lock = {
        id,
        name: id === '' ? '(no lock id)' : visible(id),
        storage,
        index: this.locks.length,
        acquires: [],
        holds: [],
        releases: [],
        renewals: [],
      }
      this.#locks.set(key, lock)
      this.locks.push(lock)
    }
    return lock
  }

  #owner(id: string): Owner {
    let owner = this.#owners.get(id)
    if (owner === undefined) {
      owner = { id, name: id === '' ? '(no owner id)' : visible(id), index: this.owners.length }
      this.#owners.set(id, owner)
      this.owners.push(owner)
    }
    return owner
  }
}

type RowReader = (columns: Columns, row: (item: Item, index: number) => void) => void

function reader(
  locks: readonly Lock[],
  owners: readonly Owner[],
  offset: number,
  touched: Set<Lock>,
): RowReader {
  return (columns, row) => {
    let start = offset
    for (let index = 0; index < columns.start.length; index++) {
      start += columns.start[index] ?? 0
      const lock = locks[columns.lock[index] ?? -1]
      const owner = owners[columns.owner[index] ?? -1]
      if (lock === undefined || owner === undefined) continue
      touched.add(lock)
      const end = start + (columns.length[index] ?? 0)
      row({ seq: columns.seq[index] ?? 0, lock, owner, start, end }, index)
    }
  }
}

function traceReader(base64: string): (row: number) => string {
  const bytes = atob(base64)
  return (row) => {
    let text = ''
    for (let at = row * 16; at < row * 16 + 16; at++) {
      text += bytes.charCodeAt(at).toString(16).padStart(2, '0')
    }
    return text
  }
}

const byStart = (a: Item, b: Item): number => a.start - b.start || a.end - b.end

function sortByStart(lock: Lock): void {
  lock.acquires.sort(byStart)
  lock.holds.sort(byStart)
  lock.releases.sort(byStart)
  lock.renewals.sort(byStart)
}
