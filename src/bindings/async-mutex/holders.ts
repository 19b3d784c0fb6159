import type { LockInformation } from '../../events/index.js'
import type { Hold } from '../internal/hold.js'
import type { Recorder } from '../internal/recorder.js'

interface Holder {
  readonly hold: Hold
  /** What is left of what it took; a mutex takes 1. */
  weight: number
}

/** Who holds a mutex or semaphore now, oldest first. */
export class Holders {
  readonly #recorder: Recorder<never>
  readonly #held: Holder[] = []

  constructor(recorder: Recorder<never>) {
    this.#recorder = recorder
  }

  /** The record of the oldest holder. */
  get oldest(): LockInformation | undefined {
    return this.#held[0]?.hold.record
  }

  /** @returns what ends this hold, once */
  add(hold: Hold, weight: number): () => void {
    const holder = { hold, weight }
    this.#held.push(holder)
    return () => this.#end(holder)
  }

  /** Somebody released so much, without saying for whom: the oldest goes first. */
  releaseOldest(weight: number): void {
    for (let left = weight; left > 0; ) {
      const [holder] = this.#held
      if (holder === undefined) return
      const part = Math.min(left, holder.weight)
      holder.weight -= part
      left -= part
      if (holder.weight <= 0) this.#end(holder)
    }
  }

  #end(holder: Holder): void {
    const index = this.#held.indexOf(holder)
    if (index < 0) return
    this.#held.splice(index, 1)
    this.#recorder.release(holder.hold).done()
  }
}
