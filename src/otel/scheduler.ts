/** A slice of work runs no longer than this before the event loop has its turn. */
export const SLICE_MS = 5

/** A timer that is to wait for longer does not wait at all. */
const LONGEST_MS = 2 ** 31 - 1

type Later = (callback: () => void) => unknown
const afterTurn: Later =
  typeof setImmediate === 'function' ? setImmediate : (callback) => setTimeout(callback, 0)

/**
 * Runs work after the current turn of the event loop, and again when something becomes due. Its timers do
 * not keep the process alive; the work of the turn just ended does.
 */
export class Scheduler {
  readonly #work: () => void
  readonly #later: Later
  #soon = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #stopped = false

  /**
   * @param work must not throw
   * @param delay milliseconds that news waits for more of it; 0 waits for the end of the turn alone
   */
  constructor(work: () => void, delay: number) {
    this.#work = work
    const wait = Math.min(delay, LONGEST_MS)
    this.#later = delay === 0 ? afterTurn : (callback) => setTimeout(callback, wait)
  }

  /** There is news: runs the work in a while. */
  wake(): void {
    this.#wake(this.#later)
  }

  /** There is work left: runs it after this turn. */
  goOn(): void {
    this.#wake(afterTurn)
  }

  #wake(later: Later): void {
    if (this.#soon || this.#stopped) return
    this.#soon = true
    later(() => {
      this.#soon = false
      if (!this.#stopped) this.#work()
    })
  }

  /** Runs the work in `delay` milliseconds, unless an earlier time is set already. */
  wakeIn(delay: number, now: number): void {
    if (this.#stopped || !Number.isFinite(delay)) return
    const wait = Math.max(1, Math.min(delay, LONGEST_MS))
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
