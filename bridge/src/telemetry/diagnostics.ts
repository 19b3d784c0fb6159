import { type DiagLogger, DiagLogLevel } from '@opentelemetry/api'

/** What the OTLP exporters say, through `diag` alone, when a collector took a request but for some of its items. */
const PARTIAL_SUCCESS = 'Received Partial Success response:'

/**
 * A logger for `diag` that passes on what is asked for, and counts spans and data points that a collector refused of a
 * request it took otherwise. It has to be given warnings, whatever is asked for.
 */
export function countRefusals(
  logger: DiagLogger,
  level: DiagLogLevel,
  refused: { spans(count: number): void; points(count: number): void },
): DiagLogger {
  const from = (least: DiagLogLevel, log: DiagLogger['warn']): DiagLogger['warn'] =>
    level >= least ? log : () => undefined
  const warn = from(DiagLogLevel.WARN, (message, ...rest) => logger.warn(message, ...rest))
  return {
    error: from(DiagLogLevel.ERROR, (message, ...rest) => logger.error(message, ...rest)),
    warn: (message, ...rest) => {
      if (message === PARTIAL_SUCCESS) {
        const { spans, points } = rejected(rest[0])
        if (spans > 0) refused.spans(spans)
        if (points > 0) refused.points(points)
      }
      warn(message, ...rest)
    },
    info: from(DiagLogLevel.INFO, (message, ...rest) => logger.info(message, ...rest)),
    debug: from(DiagLogLevel.DEBUG, (message, ...rest) => logger.debug(message, ...rest)),
    verbose: from(DiagLogLevel.VERBOSE, (message, ...rest) => logger.verbose(message, ...rest)),
  }
}

function rejected(response: unknown): { spans: number; points: number } {
  try {
    const { rejectedSpans, rejectedDataPoints } = JSON.parse(String(response)) as Record<string, unknown>
    return { spans: whole(rejectedSpans), points: whole(rejectedDataPoints) }
  } catch {
    return { spans: 0, points: 0 }
  }
}

const whole = (count: unknown): number => (Number.isSafeInteger(Number(count)) ? Number(count) : 0)
