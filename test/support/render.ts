import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { nanoseconds } from './telemetry.js'

/** A record's entries in the order of their keys, as text. */
export const stable = (values: Record<string, unknown> | undefined): string =>
  JSON.stringify(Object.entries(values ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))

/** All that a span says, as one text; what has no order of its own is sorted. */
export function renderSpan(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext()
  const events = span.events
    .map((event) => `  ${nanoseconds(event.time)} ${event.name} ${stable(event.attributes)}`)
    .sort()
  const links = span.links
    .map((link) => `  → ${link.context.traceId}/${link.context.spanId} ${stable(link.attributes)}`)
    .sort()
  return [
    `${traceId}/${spanId} below ${span.parentSpanContext?.spanId ?? 'nothing'} ${span.name} kind ${span.kind}`,
    ` ${nanoseconds(span.startTime)}..${nanoseconds(span.endTime)} status ${span.status.code}`,
    ` ${stable(span.attributes)}`,
    ...events,
    ...links,
  ].join('\n')
}

/** All spans, whatever the order in which they ended. */
export function render(spans: readonly ReadableSpan[]): string[] {
  return spans.map(renderSpan).sort()
}

/** The spans' tree without ids: each name with the names above it, and how often it stands there. */
export function renderShape(spans: readonly ReadableSpan[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]))
  return spans
    .map((span) => {
      const path: string[] = []
      for (let at: ReadableSpan | undefined = span; at !== undefined; ) {
        path.unshift(at.name)
        const above: string | undefined = at.parentSpanContext?.spanId
        at = above === undefined ? undefined : byId.get(above)
      }
      return `${path.join(' > ')} ${nanoseconds(span.startTime)}..${nanoseconds(span.endTime)}`
    })
    .sort()
}
