/**
 * Stands in for `@opentelemetry/sdk-trace-base`, which the 3.x line does not have: the same classes from
 * `@opentelemetry/sdk-trace`, under their old names and with their old constructors, so that the tests are the same.
 */
import {
  BatchSpanProcessor as BatchSpanProcessor3,
  SimpleSpanProcessor as SimpleSpanProcessor3,
  type SpanExporter,
} from '@opentelemetry/sdk-trace'

export * from '@opentelemetry/sdk-trace'
export { TracerProvider as BasicTracerProvider } from '@opentelemetry/sdk-trace'

export class SimpleSpanProcessor extends SimpleSpanProcessor3 {
  constructor(exporter: SpanExporter) {
    super({ exporter })
  }
}

export class BatchSpanProcessor extends BatchSpanProcessor3 {
  constructor(
    exporter: SpanExporter,
    options: Omit<ConstructorParameters<typeof BatchSpanProcessor3>[0], 'exporter'> = {},
  ) {
    super({ ...options, exporter })
  }
}
