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

/** One span to be made, with the ids an EventIdGenerator is to give it. */
export interface SpanSpec {
  readonly name: string
  readonly kind: SpanKind
  readonly start: HrTime
  readonly attributes: Attributes | undefined
  readonly links: Link[] | undefined
  readonly traceId: string
  readonly spanId: string
}

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

  /** Starts a span that begins a trace of its own in this context. */
  startRoot(spec: SpanSpec, context: Context): Span {
    return this.#start(spec, context, true)
  }

  /** Starts a child of the span in this context. */
  startChild(spec: SpanSpec, context: Context): Span {
    return this.#start(spec, context, false)
  }

  #start(spec: SpanSpec, context: Context, root: boolean): Span {
    setNextIds(spec.traceId, spec.spanId)
    try {
      const { kind, links } = spec
      const startTime = spec.start
      const span = this.#tracer().startSpan(
        spec.name,
        links === undefined ? { kind, startTime, root } : { kind, startTime, root, links },
        context,
      )
      if (span.isRecording()) {
        this.#made += 1
        // Not handed in with the start: the SDK copies those three times, and an unsampled span has no use for them.
        if (spec.attributes !== undefined) span.setAttributes(spec.attributes)
      }
      return span
    } finally {
      clearNextIds()
    }
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
