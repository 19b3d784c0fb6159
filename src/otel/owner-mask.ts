import type { OwnerIdMode } from './options.js'
import { hash64 } from './span-ids.js'

/**
 * Applies the option `ownerId`. Hashing gives pseudonyms: the same owner is the same hash everywhere, and
 * nobody reads its host name; it does not withstand somebody who can guess the id and try.
 */
export class OwnerMask {
  readonly #mode: OwnerIdMode
  /** Owners seen lately: an error can name another owner than its own event's. */
  readonly #known = new Set<string>()

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
    this.#remember(ownerId)
    return this.#mode === 'hash' ? hash64(ownerId) : undefined
  }

  /**
   * Takes owner ids out of free text: the given one, those in a lock record's JSON, and those of other owners seen
   * before, where they stand as words of their own.
   */
  scrub(text: string, ownerId: string): string {
    if (this.#mode === 'keep') return text
    let result = shorten(text).replace(
      OWNER_FIELD,
      (_, before: string, owner: string, after: string) => `${before}${this.show(owner) ?? ''}${after}`,
    )
    for (const form of ownerId === '' ? [] : writtenForms(ownerId)) {
      if (result.includes(form)) result = result.replaceAll(form, this.show(ownerId) ?? '')
    }
    return result.replace(WORD, (word) => {
      let end = word.length
      while (end > 0 && SENTENCE_END.includes(word[end - 1] as string)) end--
      const id = word.slice(0, end)
      return this.#known.has(id) ? (this.show(id) ?? '') + word.slice(end) : word
    })
  }

  #remember(ownerId: string): void {
    if (this.#known.has(ownerId)) return
    if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.values().next().value as string)
    this.#known.add(ownerId)
  }
}

const MAX_KNOWN = 10_000
/** More of a text is not looked at, nor kept: looking for ids in a hostile one takes the square of its length. */
const MAX_TEXT = 16_384

/** An id as it is, and as it stands in JSON, and in JSON within JSON: `CORP\\host` has its backslash doubled there. */
function writtenForms(id: string): string[] {
  const forms = [id]
  for (let form = inJson(id); forms.length < 3 && form !== forms.at(-1); form = inJson(form)) forms.push(form)
  return forms
}

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)

function shorten(text: string): string {
  if (text.length <= MAX_TEXT) return text
  const cut = text.slice(0, MAX_TEXT)
  // An id that is cut in two would not be known again.
  return cut.slice(0, Math.max(cut.lastIndexOf(' '), cut.lastIndexOf('"'), 0))
}

/** A run of what ids are made of, with the punctuation that ends a sentence. */
const WORD = /[^\s"'`,;()[\]{}<>=]+/g
const SENTENCE_END = '.:!?'

/** `"owner_id":"…"` in JSON, also in JSON within JSON, where the quotes are escaped. */
const OWNER_FIELD = /((?:\\*")owner_?[iI]d(?:\\*")\s*:\s*(?:\\*"))(.*?)((?<!\\)\\*")/g
