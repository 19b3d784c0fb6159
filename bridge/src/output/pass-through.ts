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

  /** Keeps the bytes until {@link flush}: one write for many lines. */
  write(bytes: Buffer): void {
    if (!this.#failed) this.#pending.push(bytes)
  }

  /** Writes what is kept; a promise if the reader has to wait until the stream takes more. */
  flush(): Promise<void> | undefined {
    if (this.#pending.length > 0) {
      const bytes = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending)
      this.#pending = []
      if (!this.#failed) this.#stream.write(bytes)
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

  #fail(error: NodeJS.ErrnoException): void {
    if (this.#failed) return
    this.#failed = true
    this.#pending = []
    this.#onFailure(error)
  }
}
