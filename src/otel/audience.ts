import { type MeterProvider, type TracerProvider, trace } from '@opentelemetry/api'
import { createInstruments, records } from './instruments.js'
import { SCOPE_NAME } from './semconv.js'

/**
 * Whether anybody takes spans of this provider. The API hands out a proxy before an SDK is registered; until then
 * it has no tracer behind it.
 */
export function takesSpans(provider: TracerProvider | undefined): boolean {
  const asked = (provider ?? trace.getTracerProvider()) as Partial<Proxy>
  return typeof asked.getDelegateTracer !== 'function' || asked.getDelegateTracer(SCOPE_NAME) !== undefined
}

/** Whether anybody takes records of this provider. What the API hands out before there is one does nothing. */
export function takesRecords(provider: MeterProvider): boolean {
  return records(createInstruments(provider.getMeter(SCOPE_NAME)))
}

interface Proxy {
  getDelegateTracer(name: string): unknown
}
