import {
  type Attributes,
  type Context,
  type HrTime,
  type Link,
  type Span,
  type SpanContext,
  type SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { clearNextIds, setNextIds } from './event-id-generator.js'
import { ATTR_ERROR_TYPE } from './semconv.js'

/** Makes spans through the public API alone; the one place that does. */
export class SpanWriter {
  readonly #tracer: () => Tracer
  #made = 0

  constructor(tracer: () => Tracer) {
    this.#tracer = tracer
  }

  /** How many recording spans were made. */
  get made(): number {
    return this.#made
  }

  /**
   * Starts a root's span, without attributes: only when it is sampled they are made.
   *
   * @param traceId what an EventIdGenerator is to give its trace; empty in the trace of the span in this context
   */
  startRoot(
    name: string,
    startTime: HrTime,
    links: Link[],
    traceId: string,
    spanId: string,
    context: Context,
  ): Span {
    const root = traceId !== ''
    const options = links.length > 0 ? { startTime, root, links } : { startTime, root }
    setNextIds(traceId, spanId)
    try {
      const span = this.#tracer().startSpan(name, options, context)
      if (span.isRecording()) this.#made += 1
      return span
    } finally {
      clearNextIds()
    }
  }

  /**
   * Starts a child of the span in this context.
   *
   * @param spanId what an EventIdGenerator is to give it
   */
  startChild(
    name: string,
    kind: SpanKind,
    startTime: HrTime,
    attributes: Attributes,
    spanId: string,
    context: Context,
  ): Span {
    setNextIds('', spanId)
    let span: Span
    try {
      span = this.#tracer().startSpan(name, { kind, startTime }, context)
    } finally {
      clearNextIds()
    }
    if (span.isRecording()) {
      this.#made += 1
      // Not handed in with the start: the SDK copies those three times, and an unsampled span has no use for them.
      span.setAttributes(attributes)
    }
    return span
  }
}

/** Adds a span event. Span events may become log records one day: then only this changes. */
export function addSpanEvent(span: Span, name: string, attributes: Attributes | undefined, at: HrTime): void {
  if (attributes === undefined) span.addEvent(name, at)
  else span.addEvent(name, attributes, at)
}

/** Marks a span as failed. */
export function setFailed(span: Span, errorType: string): void {
  span.setAttribute(ATTR_ERROR_TYPE, errorType)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** A context whose active span is a span that is not at hand any more. */
export function contextWith(context: Context, spanContext: SpanContext): Context {
  return trace.setSpanContext(context, spanContext)
}
