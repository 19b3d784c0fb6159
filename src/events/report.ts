/** At most one report of a source in this many ms, with the number of those that were left out. */
const INTERVAL = 10_000

/**
 * Where every 1.x version of OpenTelemetry's API keeps what was registered with it, for all copies of itself in
 * the process. `diag` is asked for there, so that a program which uses the event model alone needs nothing of
 * OpenTelemetry at run time.
 */
const API = Symbol.for('opentelemetry.js.api.1')

interface Registered {
  readonly diag?: { error(message: string, ...details: unknown[]): void }
}

/** Makes a reporter of errors to OpenTelemetry's `diag`, throttled. It never throws. */
export function createReporter(message: string, clock: () => number = Date.now): (error: unknown) => void {
  let last = Number.NEGATIVE_INFINITY
  let withheld = 0
  return function report(error: unknown): void {
    const time = clock()
    if (time >= last && time - last < INTERVAL) {
      withheld++
      return
    }
    const since = withheld === 0 ? '' : ` (and ${withheld} more since the last report)`
    last = time
    withheld = 0
    try {
      const { diag } = (globalThis as { [API]?: Registered })[API] ?? {}
      diag?.error(`${message}${since}`, error)
    } catch {
      // A logger that fails must not harm either.
    }
  }
}
