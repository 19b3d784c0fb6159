import { createNoopMeter, type MeterProvider, type TracerProvider, trace } from '@opentelemetry/api'
import { VERSION } from '../version.js'
import { SCOPE_NAME } from './semconv.js'

/**
 * Whether anybody takes spans of this provider. The API hands out a proxy before an SDK is registered; until then
 * it has no tracer behind it.
 */
export function takesSpans(provider: TracerProvider | undefined): boolean {
  const asked = (provider ?? trace.getTracerProvider()) as Partial<Proxy>
  return typeof asked.getDelegateTracer !== 'function' || asked.getDelegateTracer(SCOPE_NAME) !== undefined
}

/** Whether anybody takes records of this provider. Before there is one, the API's own gives the one no-op meter. */
export function takesRecords(provider: MeterProvider): boolean {
  return provider.getMeter(SCOPE_NAME, VERSION) !== createNoopMeter()
}

interface Proxy {
  getDelegateTracer(name: string): unknown
}
