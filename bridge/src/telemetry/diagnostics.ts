import { type DiagLogger, DiagLogLevel } from '@opentelemetry/api'

/** What the OTLP exporters say, through `diag` alone, when a collector took a request but for some of its items. */
const PARTIAL_SUCCESS = 'Received Partial Success response:'

/**
 * A logger for `diag` that passes on what is asked for, and counts spans that a collector refused of a request it
 * took otherwise. It has to be given warnings, whatever is asked for.
 */
export function countRefusals(
  logger: DiagLogger,
  level: DiagLogLevel,
  refused: (spans: number) => void,
): DiagLogger {
  const from = (least: DiagLogLevel, log: DiagLogger['warn']): DiagLogger['warn'] =>
    level >= least ? log : () => undefined
  const warn = from(DiagLogLevel.WARN, (message, ...rest) => logger.warn(message, ...rest))
  return {
    error: from(DiagLogLevel.ERROR, (message, ...rest) => logger.error(message, ...rest)),
    warn: (message, ...rest) => {
      if (message === PARTIAL_SUCCESS) {
        const spans = rejectedSpans(rest[0])
        if (spans > 0) refused(spans)
      }
      warn(message, ...rest)
    },
    info: from(DiagLogLevel.INFO, (message, ...rest) => logger.info(message, ...rest)),
    debug: from(DiagLogLevel.DEBUG, (message, ...rest) => logger.debug(message, ...rest)),
    verbose: from(DiagLogLevel.VERBOSE, (message, ...rest) => logger.verbose(message, ...rest)),
  }
}

function rejectedSpans(response: unknown): number {
  try {
    const { rejectedSpans: count } = JSON.parse(String(response)) as { rejectedSpans?: unknown }
    return Number.isSafeInteger(Number(count)) ? Number(count) : 0
  } catch {
    return 0
  }
}
