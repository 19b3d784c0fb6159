import type { OwnerIdMode } from '../otel/options.js'
import { OwnerMask } from '../otel/owner-mask.js'

/** Names are remembered for at least so many owners. */
const LEAST = 4096

/** What owners are called where their ids are kept, hashed or dropped. */
export class OwnerNames {
  readonly #mode: OwnerIdMode
  readonly #mask: OwnerMask
  #names = new Map<string, string>()
  #older = new Map<string, string>()
  #count = 0

  constructor(mode: OwnerIdMode) {
    this.#mode = mode
    this.#mask = new OwnerMask(mode)
  }

  of(ownerId: string): string {
    if (ownerId === '') return ''
    let name = this.#names.get(ownerId)
    if (name === undefined) {
      name = this.#older.get(ownerId) ?? this.#make(ownerId)
      this.#names.set(ownerId, name)
    }
    return name
  }

  /** Forgets owners that were not named for long, once there are more of them than facts. */
  keepWithin(facts: number): void {
    if (this.#names.size <= Math.max(LEAST, facts * 2)) return
    this.#older = this.#names
    this.#names = new Map()
  }

  #make(ownerId: string): string {
    if (this.#mode === 'drop') return `owner ${++this.#count}`
    return this.#mask.show(ownerId) ?? ''
  }
}
