import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api'

/** Tells what is reported to OpenTelemetry's `diag` as errors, until `diag.disable()`. */
export function onDiagError(error: DiagLogger['error']): void {
  const nothing = (): void => {}
  diag.setLogger(
    { error, warn: nothing, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
  )
}
