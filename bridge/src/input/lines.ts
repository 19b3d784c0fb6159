/** One line as it stands in the input. */
export interface RawLine {
  /** The line's bytes with its line end, if it had one. */
  readonly bytes: Buffer
  /** Counted from 1. */
  readonly number: number
  /** Where the line begins, in bytes from the beginning of the input. */
  readonly offset: number
}

/** Receives what a {@link LineSplitter} finds. */
export interface LineSink {
  line(line: RawLine): void
  /**
   * A piece of a line that is longer than the bound. The pieces come in order and are the line's bytes;
   * `first` is true for its first piece.
   */
  overlong(piece: Buffer, number: number, first: boolean): void
}

/** Longest line that is looked at, in bytes; a longer one is passed on without being read. */
export const DEFAULT_MAX_LINE_BYTES = 16 * 1024 * 1024

const NEWLINE = 10

/**
 * Splits chunks of bytes into lines. No byte is changed or lost: the bytes of all lines and pieces, one after
 * another, are the chunks. Lines are views of the chunks where they can be, so a chunk must not be reused.
 */
export class LineSplitter {
  readonly #sink: LineSink
  readonly #maxLineBytes: number
  #pending: Buffer[] = []
  #pendingBytes = 0
  #skipping = false
  #number = 0
  #offset: number

  constructor(sink: LineSink, options: { maxLineBytes?: number; offset?: number; lines?: number } = {}) {
    this.#sink = sink
    this.#maxLineBytes = options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES
    this.#offset = options.offset ?? 0
    this.#number = options.lines ?? 0
  }

  /** Where the line that has begun but not ended yet starts; what comes before it was handed on. */
  get offset(): number {
    return this.#offset
  }

  /** Lines that have begun so far. */
  get lines(): number {
    return this.#number
  }

  push(chunk: Buffer): void {
    let start = 0
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start)
      if (end === -1) break
      this.#complete(chunk.subarray(start, end + 1))
      start = end + 1
    }
    if (start < chunk.length) this.#keep(start === 0 ? chunk : chunk.subarray(start))
  }

  /** The input is over: hands on a last line that has no line end. */
  end(): void {
    if (this.#pendingBytes > 0) this.#complete(Buffer.alloc(0))
    else if (this.#skipping) this.#skipping = false
  }

  /** Forgets a line that has begun, as after a file was truncated, and counts offsets from the beginning. */
  restart(): void {
    this.#pending = []
    this.#pendingBytes = 0
    this.#skipping = false
    this.#offset = 0
    this.#number = 0
  }

  #complete(tail: Buffer): void {
    const length = this.#pendingBytes + tail.length
    if (this.#skipping) {
      this.#sink.overlong(tail, this.#number, false)
      this.#skipping = false
      this.#offset += tail.length
      return
    }
    if (length > this.#maxLineBytes) {
      this.#spill(tail)
      this.#skipping = false
      return
    }
    let bytes = tail
    if (this.#pendingBytes > 0) {
      bytes = Buffer.concat([...this.#pending, tail], length)
      this.#pending = []
      this.#pendingBytes = 0
    }
    this.#number++
    const offset = this.#offset
    this.#offset += length
    this.#sink.line({ bytes, number: this.#number, offset })
  }

  #keep(rest: Buffer): void {
    if (this.#skipping) {
      this.#sink.overlong(rest, this.#number, false)
      this.#offset += rest.length
    } else if (this.#pendingBytes + rest.length > this.#maxLineBytes) {
      this.#spill(rest)
    } else {
      this.#pending.push(rest)
      this.#pendingBytes += rest.length
    }
  }

  /** The line has become too long: hands on what there is of it, and from now on whatever comes of it. */
  #spill(last: Buffer): void {
    this.#number++
    this.#skipping = true
    const pieces = [...this.#pending, last]
    this.#pending = []
    this.#pendingBytes = 0
    let first = true
    for (const piece of pieces) {
      this.#offset += piece.length
      this.#sink.overlong(piece, this.#number, first)
      first = false
    }
  }
}
