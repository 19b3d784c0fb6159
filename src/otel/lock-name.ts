import { lockNameOf } from './lock-template.js'
import type { LockNameHook } from './options.js'
import type { Reporter } from './reporter.js'
import { OTHER } from './semconv.js'

const CACHED_IDS = 4096
const MAX_NAME = 128

/** Makes the low-cardinality name that metrics carry out of lock ids, which are unbounded. */
export class LockNames {
  readonly #hook: LockNameHook | false | undefined
  readonly #bound: number
  readonly #reporter: Reporter
  readonly #onDrop: () => void
  readonly #names = new Set<string>()
  readonly #cache = new Map<string, string | undefined>()

  /**
   * @param bound how many distinct names there may be; more share `_OTHER`
   * @param onDrop told when an id had to share `_OTHER`
   */
  constructor(hook: LockNameHook | false | undefined, bound: number, reporter: Reporter, onDrop: () => void) {
    this.#hook = hook
    this.#bound = bound
    this.#reporter = reporter
    this.#onDrop = onDrop
  }

  /** The name of a lock id; undefined where there is to be no label. */
  nameOf(lockId: string): string | undefined {
    if (this.#hook === false) return undefined
    if (this.#cache.has(lockId)) return this.#cache.get(lockId)
    const name = this.#admit(this.#make(lockId))
    if (this.#cache.size >= CACHED_IDS) this.#cache.clear()
    this.#cache.set(lockId, name)
    return name
  }

  #make(lockId: string): string | undefined {
    if (typeof this.#hook !== 'function') return lockNameOf(lockId)
    try {
      const name = this.#hook(lockId)
      if (name === undefined || typeof name === 'string') return name?.slice(0, MAX_NAME)
      this.#reporter.report(
        'hook',
        `the lockName hook returned a ${typeof name}; it must return a string or undefined`,
      )
    } catch (error) {
      this.#reporter.report('hook', 'the lockName hook threw; the template of the id is used', error)
    }
    return lockNameOf(lockId)
  }

  #admit(name: string | undefined): string | undefined {
    if (name === undefined || this.#names.has(name)) return name
    if (this.#names.size >= this.#bound) {
      this.#onDrop()
      return OTHER
    }
    this.#names.add(name)
    return name
  }
}
