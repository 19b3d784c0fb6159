import { formatCount, plural } from '../output/quantity.js'
import { paint, type Terminal } from '../output/terminal.js'
import { type StoredTrace, TraceStore } from '../output/trace-store.js'
import { drawTrace } from '../output/waterfall.js'

/** Traces that are drawn in full when nothing else was asked for; of more, this many of the slowest. */
const DEFAULT_TOP = 12
/** A trace of a stream is drawn when it has been silent for so long. */
const QUIET_MS = 400

/** Draws finished traces: of a stream as they come, of files at the end. */
export class Display {
  readonly store: TraceStore
  readonly #terminal: Terminal
  readonly #top: number
  readonly #write: (text: string) => void
  #timer: NodeJS.Timeout | undefined
  #drawn = 0

  constructor(options: {
    terminal: Terminal
    top: number | undefined
    live: boolean
    write: (text: string) => void
  }) {
    this.#terminal = options.terminal
    this.#top = options.top ?? DEFAULT_TOP
    this.#write = options.write
    this.store = new TraceStore(this.#top)
    if (options.live) {
      this.#timer = setInterval(() => this.#draw(this.store.takeQuiet(QUIET_MS)), QUIET_MS / 2)
      this.#timer.unref()
    }
  }

  /** Draws what is left. */
  finish(): void {
    if (this.#timer !== undefined) {
      clearInterval(this.#timer)
      this.#draw(this.store.takeQuiet(0))
      return
    }
    this.#draw(this.store.takeSlowest(this.#top))
    const { dropped } = this.store
    if (dropped > 0) {
      const text = `${plural(dropped, 'faster trace')} not shown; --print=${formatCount(this.#top * 4)} shows more`
      this.#write(`\n${paint(this.#terminal, 'dim', text)}\n`)
    }
  }

  #draw(traces: readonly StoredTrace[]): void {
    for (const { spans, continued } of traces) {
      const text = drawTrace(spans, { terminal: this.#terminal, continued })
      this.#write(this.#drawn++ === 0 ? text : `\n${text}`)
    }
  }
}
