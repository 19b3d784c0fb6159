import type { Context } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base'

/** Counts finished spans, and the roots among them. */
export class SpanCounter implements SpanProcessor {
  spans = 0
  roots = 0

  onStart(_span: Span, _context: Context): void {}

  onEnd(span: ReadableSpan): void {
    this.spans++
    if (span.parentSpanContext === undefined) this.roots++
  }

  forceFlush(): Promise<void> {
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    return Promise.resolve()
  }
}
