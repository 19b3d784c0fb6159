import type { Attributes } from '@opentelemetry/api'
import { AttributeSets } from './attribute-sets.js'
import type { LockNames } from './lock-name.js'
import * as semconv from './semconv.js'

/**
 * The attribute objects of one storage and lock name. They are frozen and used again: the SDK keeps them by
 * reference, and making them is most of what a record would cost here.
 */
export class Series {
  readonly base: Attributes
  /** By outcome, contended, and `error.type`. */
  readonly acquires: AttributeSets
  /** By outcome and `error.type`: attempts, releases and renewals. */
  readonly outcomes: AttributeSets
  /** By operation, outcome and `error.type`. */
  readonly storageCalls: AttributeSets
  /** By how a hold ended. */
  readonly holdEnds: AttributeSets
  /** By reason: contentions and lost leases. */
  readonly reasons: AttributeSets

  constructor(storageName: string, lockName: string | undefined) {
    const base: Attributes = {}
    if (storageName !== '') base[semconv.ATTR_STORAGE_NAME] = storageName
    if (lockName !== undefined) base[semconv.ATTR_LOCK_NAME] = lockName
    this.base = Object.freeze(base)
    this.acquires = new AttributeSets(base, semconv.ATTR_OUTCOME, semconv.ATTR_CONTENDED)
    this.outcomes = new AttributeSets(base, semconv.ATTR_OUTCOME)
    this.storageCalls = new AttributeSets(base, semconv.ATTR_OPERATION, semconv.ATTR_OUTCOME)
    this.holdEnds = new AttributeSets(base, semconv.ATTR_HOLD_END)
    this.reasons = new AttributeSets(base, semconv.ATTR_REASON)
  }
}

/** All series, found by storage name and lock id. */
export class SeriesTable {
  readonly #byStorage = new Map<string, Map<string, Series>>()
  readonly #names: LockNames
  readonly #bound: number
  // One operation asks for the same series for each of its storage calls.
  #lastStorage = ''
  #lastLock = ''
  #last: Series | undefined

  constructor(names: LockNames, bound: number) {
    this.#names = names
    this.#bound = bound
  }

  /** The series of a lock. Beyond the bound of storage names they share `_OTHER`. */
  of(storageName: string, lockId: string): Series {
    if (this.#last !== undefined && this.#lastLock === lockId && this.#lastStorage === storageName) {
      return this.#last
    }
    const series = this.#find(storageName, lockId)
    this.#lastStorage = storageName
    this.#lastLock = lockId
    this.#last = series
    return series
  }

  #find(storageName: string, lockId: string): Series {
    const lockName = this.#names.nameOf(lockId)
    let byName = this.#byStorage.get(storageName)
    if (byName === undefined) {
      const key = this.#byStorage.size < this.#bound ? storageName : semconv.OTHER
      byName = this.#byStorage.get(key)
      if (byName === undefined) {
        byName = new Map()
        this.#byStorage.set(key, byName)
      }
      return this.#entry(byName, key, lockName)
    }
    return this.#entry(byName, storageName, lockName)
  }

  #entry(byName: Map<string, Series>, storageName: string, lockName: string | undefined): Series {
    const key = lockName ?? ''
    let series = byName.get(key)
    if (series === undefined) {
      series = new Series(storageName, lockName)
      byName.set(key, series)
    }
    return series
  }
}
