import type { Writable } from 'node:stream'

/** More than this waiting in the stream, and reading is held back. */
const HIGH_WATER_BYTES = 1024 * 1024

/**
 * Writes lines that are no events to stdout, byte for byte and in order. A reader of stdout that is slow slows the
 * bridge; one that goes away (EPIPE) or a full disk ends the writing, not the export.
 */
export class PassThrough {
  readonly #stream: Writable
  readonly #onFailure: (error: NodeJS.ErrnoException) => void
  #failed = false
  /** By whoever read it: then nothing is lost that anybody wants. */
  #closed = false
  #lost = 0
  #pending: Buffer[] = []
  #draining: Promise<void> | undefined

  constructor(stream: Writable, onFailure: (error: NodeJS.ErrnoException) => void) {
    this.#stream = stream
    this.#onFailure = onFailure
    stream.on('error', (error: NodeJS.ErrnoException) => this.#fail(error))
  }

  get failed(): boolean {
    return this.#failed
  }

  /** Pieces that could not be written, though nobody had closed the stream: a full disk, most often. */
  get lost(): number {
    return this.#lost
  }

  /** Keeps the bytes until {@link flush}: one write for many lines. */
  write(bytes: Buffer): void {
    if (this.#failed) this.#lost += this.#closed ? 0 : 1
    else this.#pending.push(bytes)
  }

  /** Writes what is kept; a promise if the reader has to wait until the stream takes more. */
  flush(): Promise<void> | undefined {
    if (this.#pending.length > 0 && !this.#failed) {
      const count = this.#pending.length
      const bytes = count === 1 ? this.#pending[0]! : Buffer.concat(this.#pending)
      this.#pending = []
      this.#stream.write(bytes, (error) => {
        if (error) this.#lose(count, error)
      })
    }
    if (this.#failed || this.#stream.writableLength < HIGH_WATER_BYTES) return undefined
    this.#draining ??= new Promise<void>((resolve) => {
      const done = (): void => {
        this.#stream.off('drain', done)
        this.#stream.off('close', done)
        this.#stream.off('error', done)
        this.#draining = undefined
        resolve()
      }
      this.#stream.on('drain', done)
      this.#stream.on('close', done)
      this.#stream.on('error', done)
    })
    return this.#draining
  }

  /** Resolves when everything is written, or can no longer be. */
  async end(): Promise<void> {
    await this.flush()
    if (this.#failed || this.#stream.writableLength === 0) return
    await new Promise<void>((resolve) => {
      this.#stream.write('', () => resolve())
      this.#stream.on('error', () => resolve())
      this.#stream.on('close', () => resolve())
    })
  }

  #lose(count: number, error: NodeJS.ErrnoException): void {
    this.#fail(error)
    if (!this.#closed) this.#lost += count
  }

  #fail(error: NodeJS.ErrnoException): void {
    if (this.#failed) return
    this.#failed = true
    this.#closed = error.code === 'EPIPE'
    if (!this.#closed) this.#lost += this.#pending.length
    this.#pending = []
    this.#onFailure(error)
  }
}
