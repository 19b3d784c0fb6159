import type { Hold } from '../internal/hold.js'

interface OpenHold {
  readonly hold: Hold
  readonly lockId: string
  readonly lease: number | undefined
  /** What stands for it in calls: what its acquire and its extensions returned. */
  handles: unknown[]
  /** The text or number that its acquire returned: a token, perhaps. */
  readonly token: unknown
  releasing: boolean
}

/** The holds of one lock object, to find which of them a call means. */
export class OpenHolds {
  #holds: OpenHold[] = []

  add(hold: Hold, lockId: string, handle: unknown, lease: number | undefined): void {
    this.#holds = this.#holds.filter((each) => each.hold.open)
    const handles = isHandle(handle) ? [handle] : []
    const token = isToken(handle) ? handle : undefined
    this.#holds.push({ hold, lockId, lease, handles, token, releasing: false })
  }

  delete(hold: Hold): void {
    this.#holds = this.#holds.filter((each) => each.hold !== hold)
  }

  /**
   * The one of which a handle is among the arguments; else one of that lock, whose token is among them or the
   * oldest; else one of any lock, by its token.
   */
  find(args: readonly unknown[], lockId: string): Hold | undefined {
    const byHandle = this.#holds.find((each) => each.handles.some((handle) => args.includes(handle)))
    if (byHandle !== undefined) return byHandle.hold
    const free = this.#holds.filter((each) => !each.releasing)
    const ofLock = free.filter((each) => each.lockId === lockId)
    const byToken = (ofLock.length > 0 ? ofLock : free).find(
      (each) => each.token !== undefined && args.includes(each.token),
    )
    return (byToken ?? ofLock[0])?.hold
  }

  /** A further handle of a hold. */
  know(hold: Hold, handle: unknown): void {
    const found = this.#find(hold)
    if (found !== undefined && isHandle(handle) && !found.handles.includes(handle)) {
      // An extension's handle takes the place of the one before.
      found.handles = [...found.handles.slice(-1), handle]
    }
  }

  leaseOf(hold: Hold): number | undefined {
    return this.#find(hold)?.lease
  }

  isReleasing(hold: Hold): boolean {
    return this.#find(hold)?.releasing === true
  }

  /** @returns what ends the attempt to release it */
  releasing(hold: Hold): () => void {
    const found = this.#find(hold)
    if (found !== undefined) found.releasing = true
    return () => {
      if (found !== undefined) found.releasing = false
    }
  }

  #find(hold: Hold): OpenHold | undefined {
    return this.#holds.find((each) => each.hold === hold)
  }
}

/** What two acquires of different locks may well return, and so tells them apart only where there is no better. */
function isToken(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' || typeof value === 'bigint'
}

/** Strings and numbers name locks, they do not stand for holds. */
function isHandle(value: unknown): boolean {
  return (
    (typeof value === 'object' && value !== null) || typeof value === 'function' || typeof value === 'symbol'
  )
}
