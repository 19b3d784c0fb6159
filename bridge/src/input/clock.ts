/** Clock readings and a repeating timer; a test hands in its own. */
export interface ClockSource {
  /** Monotonic milliseconds. */
  now(): number
  /** Calls `tick` every `ms` until the returned function is called; must not keep the process alive. */
  every(ms: number, tick: () => void): () => void
}

const realSource: ClockSource = {
  now: () => performance.now(),
  every: (ms, tick) => {
    const timer = setInterval(tick, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
}

/** How often the clock is advanced while waiting. */
const TICK_MS = 25
/** The most one step counts: however late it comes, no more than this was surely spent waiting. */
const MAX_STEP_MS = 50
/** A clock that has stood in one wait for this long is advanced by longer, rarer steps. */
const IDLE_AFTER_MS = 5_000
const IDLE_TICK_MS = 1_000

/**
 * Time as the input sees it: it advances with real time only while every reader waits for input, and stands still
 * while the bridge is busy with what it has read or is held back by an exporter. A settle window measured on it
 * cannot run out because the bridge, rather than the input, is slow.
 *
 * It advances in small steps: after the process was stopped, or the event loop was blocked, input may be waiting
 * that nobody has looked at yet, so the time that went by does not count.
 */
export class InputClock {
  readonly #source: ClockSource
  #elapsed = 0
  #busy = 0
  #seen = 0
  #waitStart = 0
  #stopTicks: (() => void) | undefined
  #tickMs = TICK_MS

  constructor(source: ClockSource = realSource) {
    this.#source = source
  }

  /** Milliseconds that were spent waiting for input, so far. */
  now(): number {
    return this.#elapsed
  }

  /** A reader begins its work: the clock stands until every such reader waits. */
  open(): void {
    if (this.#stopTicks !== undefined) this.#advance()
    this.#busy++
    this.#stop()
  }

  /** A reader has ended, and is neither busy nor waiting any more. */
  close(): void {
    this.#busy--
    if (this.#busy === 0) this.#start()
  }

  /** Runs a wait for input: while all open readers are in one, the clock advances. */
  async waiting<T>(input: Promise<T>): Promise<T> {
    this.close()
    try {
      return await input
    } finally {
      this.open()
    }
  }

  /** The input has ended: late lines have had all the time they could need. */
  skip(ms: number): void {
    this.#elapsed += ms
  }

  /** Stops for good. */
  stop(): void {
    this.#stop()
    this.#busy = Number.POSITIVE_INFINITY
  }

  #start(): void {
    this.#seen = this.#source.now()
    this.#waitStart = this.#elapsed
    this.#tickEvery(TICK_MS)
  }

  #stop(): void {
    this.#stopTicks?.()
    this.#stopTicks = undefined
  }

  #tickEvery(ms: number): void {
    this.#stop()
    this.#tickMs = ms
    this.#stopTicks = this.#source.every(ms, () => this.#tick())
  }

  #advance(): void {
    const now = this.#source.now()
    const step = Math.min(now - this.#seen, this.#tickMs === TICK_MS ? MAX_STEP_MS : 2 * IDLE_TICK_MS)
    this.#seen = now
    if (step > 0) this.#elapsed += step
  }

  #tick(): void {
    this.#advance()
    if (this.#tickMs === TICK_MS && this.#elapsed - this.#waitStart > IDLE_AFTER_MS)
      this.#tickEvery(IDLE_TICK_MS)
  }
}
