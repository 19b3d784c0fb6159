import type { HrTime } from '@opentelemetry/api'
import type { Hold } from './hold.js'
import type { ReleaseOperation } from './operation.js'
import { sameMoment } from './tally.js'

/** Releases that came before their acquire (a log shipper reordered them): the newest of each owner. */
export class EarlyReleases {
  readonly #releases = new Map<string, ReleaseOperation>()
  readonly #bound: number

  constructor(bound: number) {
    this.#bound = bound
  }

  add(release: ReleaseOperation): void {
    const key = keyOf(release)
    this.#releases.delete(key)
    this.#releases.set(key, release)
    if (this.#releases.size > this.#bound) {
      this.#releases.delete(this.#releases.keys().next().value as string)
    }
  }

  /** When the hold was released, if its release came first. */
  take(hold: Hold): HrTime | undefined {
    if (this.#releases.size === 0) return undefined
    const key = keyOf(hold)
    const release = this.#releases.get(key)
    if (release === undefined) return undefined
    const exact =
      (release.watchDogId !== '' && release.watchDogId === hold.watchDogId) ||
      (hold.lockBeginTime !== undefined && sameMoment(release.record?.lockBeginTime, hold.lockBeginTime))
    if (!exact) return undefined
    this.#releases.delete(key)
    return release.releasedAt
  }
}

function keyOf(of: { readonly lockId: string; readonly ownerId: string }): string {
  return `${of.lockId}\n${of.ownerId}`
}
