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

/** What varies from lock to lock within an id, longest forms first. */
const VARIABLE = new RegExp(
  [
    // E-mail-like parts.
    '[\\p{L}\\p{N}._%+-]+@[\\p{L}\\p{N}.-]+',
    // UUIDs, dashed; dates and times; addresses.
    '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
    '\\d{4}-\\d{2}-\\d{2}(?:[T_ ]?\\d{2}[:.-]?\\d{2}(?:[:.-]?\\d{2}(?:[.,]\\d+)?)?(?:Z|[+-]\\d{2}:?\\d{2})?)?',
    '\\d{1,3}(?:\\.\\d{1,3}){3}(?::\\d+)?',
  ].join('|'),
  'giu',
)

/** Words of an id, between its separators. */
const WORD = /[\p{L}\p{N}]+/gu

/**
 * The template of a lock id: what tells one lock of a kind from another becomes `*`.
 *
 * @example
 * ```ts
 * lockNameOf('order-42') // 'order-*'
 * lockNameOf('invoice:7b046277-7b6d-4e68-9dd7-26ae970accfd:pdf') // 'invoice:*:pdf'
 * ```
 */
export function lockNameOf(lockId: string): string {
  const long = lockId.length > 512 ? lockId.slice(0, 512) : lockId
  const name = long
    .replace(VARIABLE, '*')
    .replace(WORD, (word) => (varies(word) ? '*' : withoutNumbers(word)))
    .replace(/\*(?:[-_.:*]?\*)+/g, '*')
  return name.length > MAX_NAME ? name.slice(0, MAX_NAME) : name
}

/** Whether a word as a whole is an id: hex, base-36 or base-62 digits as no word of a language has them. */
function varies(word: string): boolean {
  if (/^\d+$/.test(word)) return true
  const digits = word.replace(/\D/g, '').length
  if (digits === 0) return false
  if (/^(?:0x)?[0-9a-f]{6,}$/i.test(word) && digits >= 2) return true
  // ULIDs (26), KSUIDs (27), nano ids, Mongo ids, base-36 counters.
  if (word.length >= 16 && digits >= 2) return true
  return word.length >= 8 && digits * 3 >= word.length
}

/** `worker12` → `worker*`; a version such as `v2` or `s3` stays as it is. */
function withoutNumbers(word: string): string {
  if (/^[a-z]{1,2}\d$/i.test(word)) return word
  return word.replace(/\d+/g, '*')
}
