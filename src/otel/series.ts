import type { Attributes } from '@opentelemetry/api'
import type { LockNames } from './lock-name.js'
import * as semconv from './semconv.js'

/**
 * The attribute objects of one storage and lock name. They are frozen and used again: the SDK keeps them by
 * reference, and making them is most of what a record would cost here.
 */
export class Series {
  readonly base: Attributes
  readonly #made = new Map<string, Attributes>()

  constructor(storageName: string, lockName: string | undefined) {
    const base: Attributes = {}
    if (storageName !== '') base[semconv.ATTR_STORAGE_NAME] = storageName
    if (lockName !== undefined) base[semconv.ATTR_LOCK_NAME] = lockName
    this.base = Object.freeze(base)
  }

  /** The base with one or more attributes; `key` stands for them. */
  with(key: string, make: () => Attributes): Attributes {
    let attributes = this.#made.get(key)
    if (attributes === undefined) {
      attributes = Object.freeze({ ...this.base, ...make() })
      // error.type is of low cardinality by construction, yet an error may carry any code.
      if (this.#made.size < 512) this.#made.set(key, attributes)
    }
    return attributes
  }
}

/** All series, found by storage name and lock id. */
export class SeriesTable {
  readonly #byStorage = new Map<string, Map<string, Series>>()
  readonly #names: LockNames
  readonly #bound: number

  constructor(names: LockNames, bound: number) {
    this.#names = names
    this.#bound = bound
  }

  /** The series of a lock. Beyond the bound of storage names they share `_OTHER`. */
  of(storageName: string, lockId: string): Series {
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
