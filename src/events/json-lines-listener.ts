import type { Context } from '@opentelemetry/api'
import type { Event } from './event.js'
import type { Listener } from './listener.js'
import { createReporter } from './report.js'

const DEFAULT_LIMIT = 16 * 1024 * 1024

/** Where lines go: any Node writable stream, or an object with a `write` of one's own. */
export interface LineStream {
  /** Takes one line, with its end. */
  write(chunk: string): unknown
  /** How much the stream holds that it has not passed on yet. */
  readonly writableLength?: number
  /** Whether lines can still be written; `false` once the stream has ended or failed. */
  readonly writable?: boolean
  /** Tells of errors, so that they need not end the process. */
  on?(event: 'error', listener: (error: unknown) => void): unknown
}

/** Options of {@link JsonLinesListener}; all may be left out. */
export interface JsonLinesListenerOptions {
  /**
   * The listener's name.
   *
   * @default 'json-lines'
   */
  readonly name?: string
  /**
   * The most the stream may hold back, in its own units (bytes, for Node's streams): while it holds more,
   * lines are dropped, and counted.
   *
   * @default 16777216 (16 MiB)
   */
  readonly limit?: number
}

/**
 * Writes each event as one line of JSON, so that the bridge can read what a Node process publishes.
 *
 * Never waits for the stream, and never fails: what the stream does not take, because it is full, has ended
 * or throws, is dropped and counted. It listens to the stream's `error`, which would otherwise end the
 * process.
 *
 * Counterpart of go-event-listener-stdout.
 *
 * @example
 * event.addListeners(new JsonLinesListener(process.stdout))
 */
export class JsonLinesListener implements Listener {
  /** The listener's name among others. */
  readonly name: string
  readonly #stream: LineStream
  readonly #limit: number
  readonly #report: (error: unknown) => void
  #written = 0
  #dropped = 0

  /** @throws {TypeError} when the stream has no `write`, or an option is not what it should be. */
  constructor(stream: LineStream, options: JsonLinesListenerOptions = {}) {
    if (typeof stream?.write !== 'function') {
      throw new TypeError('JsonLinesListener: stream must have a write function')
    }
    const { name = 'json-lines', limit = DEFAULT_LIMIT } = options
    if (typeof name !== 'string') throw new TypeError('JsonLinesListener: name must be a string')
    if (typeof limit !== 'number' || !(limit >= 0)) {
      throw new TypeError('JsonLinesListener: limit must be a number, 0 or more')
    }
    this.name = name
    this.#stream = stream
    this.#limit = limit
    this.#report = createReporter(`storage-lock-otel: the stream of the listener "${name}" failed`)
    stream.on?.('error', this.#report)
  }

  /** How many lines were handed to the stream. */
  get written(): number {
    return this.#written
  }

  /** How many lines were dropped. */
  get dropped(): number {
    return this.#dropped
  }

  /** Writes one event. */
  on(_ctx: Context | undefined, event: Event): void {
    if (this.#stream.writable === false || (this.#stream.writableLength ?? 0) > this.#limit) {
      this.#dropped++
      return
    }
    try {
      this.#stream.write(`${event.toJson()}\n`)
      this.#written++
    } catch (error) {
      this.#dropped++
      this.#report(error)
    }
  }
}
