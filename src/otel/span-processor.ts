import type { Context } from '@opentelemetry/api'

/**
 * A span processor that does nothing with spans; when its provider is flushed or shut down, it brings a
 * listener up to date first. It has the shape of the SDK's `SpanProcessor`, of both SDK lines.
 */
export class ListenerSpanProcessor {
  readonly #listener: { flushSync(): void; shutdown(): Promise<void> }

  /** For {@link OtelListener.spanProcessor}, which makes it. */
  constructor(listener: { flushSync(): void; shutdown(): Promise<void> }) {
    this.#listener = listener
  }

  /** Does nothing. */
  onStart(_span: unknown, _parentContext: Context): void {}

  /** Does nothing. */
  onEnd(_span: unknown): void {}

  /** Brings the listener up to date. */
  forceFlush(): Promise<void> {
    this.#listener.flushSync()
    return Promise.resolve()
  }

  /** Brings the listener up to date and shuts it down. */
  shutdown(): Promise<void> {
    return this.#listener.shutdown()
  }
}
