import type { Hold } from '../internal/hold.js'

interface OpenHold {
  readonly hold: Hold
  readonly lockId: string
  readonly lease: number | undefined
  /** What stands for it in calls: what its acquire and its extensions returned. */
  handles: unknown[]
  releasing: boolean
}

/** The holds of one lock object, to find which of them a call means. */
export class OpenHolds {
  #holds: OpenHold[] = []

  add(hold: Hold, lockId: string, handle: unknown, lease: number | undefined): void {
    this.#holds = this.#holds.filter((each) => each.hold.open)
    this.#holds.push({ hold, lockId, lease, handles: isHandle(handle) ? [handle] : [], releasing: false })
  }

  delete(hold: Hold): void {
    this.#holds = this.#holds.filter((each) => each.hold !== hold)
  }

  /** The one of which a handle is among the arguments; else the oldest of that lock. */
  find(args: readonly unknown[], lockId: string): Hold | undefined {
    const byHandle = this.#holds.find((each) => each.handles.some((handle) => args.includes(handle)))
    return (byHandle ?? this.#holds.find((each) => each.lockId === lockId && !each.releasing))?.hold
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

/** Strings and numbers name locks, they do not stand for holds. */
function isHandle(value: unknown): boolean {
  return (
    (typeof value === 'object' && value !== null) || typeof value === 'function' || typeof value === 'symbol'
  )
}
