import type { Context } from '@opentelemetry/api'

/**
 * A span processor that does nothing with spans; when its provider is flushed or shut down, it brings a
 * listener up to date first. It has the shape of the SDK's `SpanProcessor`, of both SDK lines.
 */
export class ListenerSpanProcessor {
  readonly #listener: { flushSync(): void; shutdown(): Promise<void> }

  constructor(listener: { flushSync(): void; shutdown(): Promise<void> }) {
    this.#listener = listener
  }

  onStart(_span: unknown, _parentContext: Context): void {}

  onEnd(_span: unknown): void {}

  forceFlush(): Promise<void> {
    this.#listener.flushSync()
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    return this.#listener.shutdown()
  }
}
