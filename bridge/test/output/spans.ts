import type { Attributes, HrTime } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'

export interface SpanSketch {
  readonly id: string
  readonly parent?: string
  readonly name?: string
  /** Microseconds. */
  readonly start?: number
  readonly end?: number
  readonly attributes?: Attributes
  readonly failed?: boolean
  readonly events?: number
  readonly trace?: string
}

const time = (micros: number): HrTime => [1_763_806_575 + Math.floor(micros / 1e6), (micros % 1e6) * 1000]

/** A finished span, as far as drawing it needs one. */
export function spanOf(sketch: SpanSketch): ReadableSpan {
  const { id, parent, start = 0, end = start + 10 } = sketch
  const traceId = (sketch.trace ?? 'a').repeat(32).slice(0, 32)
  return {
    name: sketch.name ?? `Span.${id}`,
    spanContext: () => ({ traceId, spanId: id, traceFlags: 1 }),
    ...(parent === undefined ? {} : { parentSpanContext: { traceId, spanId: parent, traceFlags: 1 } }),
    startTime: time(start),
    endTime: time(end),
    duration: [0, (end - start) * 1000],
    attributes: sketch.attributes ?? {},
    status: { code: sketch.failed === true ? 2 : 0 },
    events: Array.from({ length: sketch.events ?? 0 }, () => ({})),
  } as unknown as ReadableSpan
}
