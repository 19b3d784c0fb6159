import { formatBytes, formatCount, formatSeconds } from './quantity.js'
import { fit, sanitize, type Terminal } from './terminal.js'

/** How far the reading is. */
export interface Progress {
  readonly file: string
  readonly lines: number
  readonly bytes: number
  /** Bytes read of those there are, if that is known. */
  readonly done: number
  readonly total: number | undefined
}

/** The progress in one line: `contention.ndjson  45 %  12,345 lines  85.2 MB/s  3 s left`. */
export function drawProgress(progress: Progress, seconds: number, terminal: Terminal): string {
  const { total, done } = progress
  const pieces = [sanitize(progress.file, terminal)]
  if (total !== undefined && total > 0) pieces.push(`${Math.min(100, Math.floor((done / total) * 100))} %`)
  pieces.push(`${formatCount(progress.lines)} lines`)
  if (seconds > 0) pieces.push(`${formatBytes(Math.round(progress.bytes / seconds))}/s`)
  if (total !== undefined && done > 0 && done < total && seconds > 1) {
    const left = Math.round((seconds * (total - done)) / done)
    pieces.push(`${left < 100 ? `${left} s` : formatSeconds(left, terminal.unicode)} left`)
  }
  return fit(pieces.join('  '), terminal.columns - 1, terminal)
}

/**
 * Messages on stderr, with a line at the bottom that shows the progress and makes room for them. A stderr that was
 * closed takes nothing and breaks nothing.
 */
export class StatusLine {
  readonly #stream: NodeJS.WritableStream
  #shown = false
  #closed = false

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
    stream.on('error', () => {
      this.#closed = true
    })
  }

  /** Replaces the line at the bottom. */
  show(text: string): void {
    this.#write(`\r${text}\u001b[K`)
    this.#shown = true
  }

  clear(): void {
    if (this.#shown) this.#write('\r\u001b[K')
    this.#shown = false
  }

  /** Writes above the line at the bottom; the text ends with a line end. */
  write(text: string): void {
    this.clear()
    this.#write(text)
  }

  #write(text: string): void {
    if (!this.#closed) this.#stream.write(text)
  }
}
