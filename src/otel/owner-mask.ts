import type { OwnerIdMode } from './options.js'
import { hash64 } from './span-ids.js'

/**
 * Applies the option `ownerId`. Hashing gives pseudonyms: the same owner is the same hash everywhere, and
 * nobody reads its host name; it does not withstand somebody who can guess the id and try.
 */
export class OwnerMask {
  readonly #mode: OwnerIdMode

  constructor(mode: OwnerIdMode) {
    this.#mode = mode
  }

  /** Whether ids pass as they are. */
  get keeps(): boolean {
    return this.#mode === 'keep'
  }

  /** What is shown for an owner id; undefined shows nothing. */
  show(ownerId: string): string | undefined {
    if (ownerId === '') return undefined
    if (this.#mode === 'keep') return ownerId
    return this.#mode === 'hash' ? hash64(ownerId) : undefined
  }

  /** Takes owner ids out of free text: the given one, and those in a lock record's JSON. */
  scrub(text: string, ownerId: string): string {
    if (this.#mode === 'keep') return text
    let result = text.replace(
      OWNER_FIELD,
      (_, before: string, owner: string, after: string) => `${before}${this.show(owner) ?? ''}${after}`,
    )
    if (ownerId !== '' && result.includes(ownerId)) {
      result = result.replaceAll(ownerId, this.show(ownerId) ?? '')
    }
    return result
  }
}

/** `"owner_id":"…"` in JSON, also in JSON within JSON, where the quotes are escaped. */
const OWNER_FIELD = /((?:\\*")owner_?[iI]d(?:\\*")\s*:\s*(?:\\*"))(.*?)((?<!\\)\\*")/g
