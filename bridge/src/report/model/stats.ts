import type { Acquire, Hold, Item, Lock, Model } from './model.js'

/** Percentiles by nearest rank, in nanoseconds. */
export interface Spread {
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
  readonly sum: number
}

/** One lock's figures; the counts are those of the metrics of the same stream. */
export interface LockStats {
  readonly lock: Lock
  /** Acquires whose outcome is known: records of `storage_lock.acquire.duration`. */
  readonly acquires: number
  readonly contended: number
  /** Share of the acquires that met another holder or lost a race; 0 to 1. */
  readonly contendedShare: number
  readonly busy: number
  readonly misses: number
  /** Attempts after the first, per acquire. */
  readonly retries: number
  readonly wait: Spread
  readonly hold: Spread
  readonly timeouts: number
  readonly errors: number
  readonly losses: number
  readonly takeovers: number
  readonly refused: number
  readonly releases: number
  readonly renewals: number
  readonly failedRenewals: number
  /** Share of the time that somebody held it; 0 to 1. */
  readonly saturation: number
  /** Acquires without an end, and holds that go on. */
  readonly unfinished: number
  readonly held: number
  readonly owners: number
}

/** The first and last moment of a model; undefined where it has no facts. */
export function extentOf(model: Model): readonly [number, number] | undefined {
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY
  for (const lock of model.locks) {
    for (const list of [lock.acquires, lock.holds, lock.releases, lock.renewals]) {
      const [first] = list as readonly Item[]
      if (first !== undefined && first.start < from) from = first.start
      for (const item of list) if (item.end > to) to = item.end
    }
  }
  return from <= to ? [from, to] : undefined
}

export function hasFacts(lock: Lock): boolean {
  return lock.acquires.length + lock.holds.length + lock.releases.length + lock.renewals.length > 0
}

/** When the waiting of an acquire was over: it had the lock, or gave up. */
export function waitEnd(acquire: Acquire): number {
  return acquire.acquiredAt ?? acquire.end
}

export function isContended(acquire: Acquire): boolean {
  return acquire.busy + acquire.misses > 0
}

export function statsOf(lock: Lock, extent: readonly [number, number]): LockStats {
  const complete = lock.acquires.filter((acquire) => acquire.complete)
  const ended = lock.holds.filter((hold) => hold.how !== 'held')
  const contended = complete.filter(isContended).length
  const attempts = complete.reduce((total, acquire) => total + acquire.attempts, 0)
  const duration = extent[1] - extent[0]
  return {
    lock,
    acquires: complete.length,
    contended,
    contendedShare: complete.length === 0 ? 0 : contended / complete.length,
    busy: lock.acquires.reduce((total, acquire) => total + acquire.busy, 0),
    misses: lock.acquires.reduce((total, acquire) => total + acquire.misses, 0),
    retries: complete.length === 0 ? 0 : Math.max(0, attempts - complete.length) / complete.length,
    wait: spread(complete.map((acquire) => acquire.end - acquire.start)),
    hold: spread(ended.map((hold) => hold.end - hold.start)),
    timeouts: complete.filter((acquire) => acquire.outcome === 'timeout').length,
    errors: complete.filter((acquire) => acquire.outcome === 'error').length,
    losses: lossesOf(lock),
    takeovers: lock.acquires.filter((acquire) => acquire.takeover).length,
    refused: lock.releases.filter((release) => release.complete && release.outcome === 'refused').length,
    releases: lock.releases.filter((release) => release.complete).length,
    renewals: lock.renewals.length,
    failedRenewals: lock.renewals.filter((renewal) => renewal.outcome !== 'renewed').length,
    saturation: duration > 0 ? Math.min(1, heldTime(lock.holds) / duration) : 0,
    unfinished: lock.acquires.length - complete.length,
    held: lock.holds.length - ended.length,
    owners: ownersOf(lock).length,
  }
}

/** Leases lost: of holds that ended by it, and of renewals that no known hold belongs to. */
export function lossesOf(lock: Lock): number {
  return (
    lock.holds.filter((hold) => hold.reason !== '').length +
    lock.renewals.filter((renewal) => renewal.countsAsLoss).length
  )
}

/** Owners of a lock, in the order in which they appear. */
export function ownersOf(lock: Lock): Item['owner'][] {
  const first = new Map<Item['owner'], number>()
  for (const list of [lock.acquires, lock.holds, lock.releases, lock.renewals]) {
    for (const { owner, start } of list as readonly Item[]) {
      const known = first.get(owner)
      if (known === undefined || start < known) first.set(owner, start)
    }
  }
  return [...first].sort((a, b) => a[1] - b[1]).map(([owner]) => owner)
}

/** Sums up what all locks have together. */
export function totalOf(all: readonly LockStats[], pick: (stats: LockStats) => number): number {
  return all.reduce((total, stats) => total + pick(stats), 0)
}

export function spread(values: number[]): Spread {
  const sorted = Float64Array.from(values).sort()
  const at = (part: number): number => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0
  return {
    count: sorted.length,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    max: at(1),
    sum: sorted.reduce((total, value) => total + value, 0),
  }
}

/** How long anybody held the lock; what two held at once counts once. */
function heldTime(holds: readonly Hold[]): number {
  let total = 0
  let until = Number.NEGATIVE_INFINITY
  for (const { start, end } of holds) {
    if (end <= until) continue
    total += end - Math.max(start, until)
    until = end
  }
  return total
}
