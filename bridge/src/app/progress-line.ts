import type { LineCounts } from '../input/line-reader.js'
import { drawProgress, type StatusLine } from '../output/status-line.js'
import type { Terminal } from '../output/terminal.js'

/** Inputs that take less than this are not worth a line. */
const SHOW_AFTER_MS = 1_000
const REFRESH_MS = 250

/** Shows how far the reading of files is, on a terminal. */
export class ProgressLine {
  readonly #status: StatusLine
  readonly #terminal: Terminal
  readonly #counts: Readonly<LineCounts>
  readonly #shown: boolean
  readonly #started = performance.now()
  #file = ''
  #fileStarted = 0
  #next = SHOW_AFTER_MS

  constructor(status: StatusLine, terminal: Terminal, counts: Readonly<LineCounts>, shown: boolean) {
    this.#status = status
    this.#terminal = terminal
    this.#counts = counts
    this.#shown = shown
  }

  /** @param done bytes of the file that were read, of `total` */
  update(file: string, done: number, total: number | undefined): void {
    if (!this.#shown) return
    const now = performance.now() - this.#started
    if (file !== this.#file) {
      this.#file = file
      this.#fileStarted = now
    }
    if (now < this.#next) return
    this.#next = now + REFRESH_MS
    const { lines } = this.#counts
    const seconds = (now - this.#fileStarted) / 1000
    this.#status.show(drawProgress({ file, lines, bytes: done, done, total }, seconds, this.#terminal))
  }

  stop(): void {
    this.#status.clear()
  }
}
