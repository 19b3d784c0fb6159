/** A slice of work runs no longer than this before the event loop has its turn. */
export const SLICE_MS = 5

type Immediate = (callback: () => void) => unknown
const soon: Immediate =
  typeof setImmediate === 'function' ? setImmediate : (callback) => setTimeout(callback, 0)

/**
 * Runs work after the current turn of the event loop, and again when something becomes due. Its timers do
 * not keep the process alive; the work of the turn just ended does.
 */
export class Scheduler {
  readonly #work: () => void
  #soon = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #stopped = false

  /** @param work must not throw */
  constructor(work: () => void) {
    this.#work = work
  }

  /** Runs the work after this turn. */
  wake(): void {
    if (this.#soon || this.#stopped) return
    this.#soon = true
    soon(() => {
      this.#soon = false
      if (!this.#stopped) this.#work()
    })
  }

  /** Runs the work in `delay` milliseconds, unless an earlier time is set already. */
  wakeIn(delay: number, now: number): void {
    if (this.#stopped || !Number.isFinite(delay)) return
    const wait = Math.max(1, Math.min(delay, 2 ** 31 - 1))
    const at = now + wait
    if (this.#timer !== undefined) {
      if (this.#timerAt <= at + 1) return
      clearTimeout(this.#timer)
    }
    this.#timerAt = at
    const timer = setTimeout(() => {
      this.#timer = undefined
      this.#timerAt = Number.POSITIVE_INFINITY
      if (!this.#stopped) this.#work()
    }, wait)
    ;(timer as { unref?: () => void }).unref?.()
    this.#timer = timer
  }

  /** Runs nothing any more. */
  stop(): void {
    this.#stopped = true
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
