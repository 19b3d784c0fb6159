import { diag } from '@opentelemetry/api'

/** At most one message of a kind in this many milliseconds. */
const INTERVAL_MS = 60_000

/** Tells of trouble through OpenTelemetry's `diag`, throttled; nothing here throws. */
export class Reporter {
  readonly #last = new Map<string, { at: number; silenced: number }>()
  readonly #now: () => number
  readonly #onReport: (kind: string) => void

  /** @param onReport counts every report, told or not */
  constructor(now: () => number, onReport: (kind: string) => void) {
    this.#now = now
    this.#onReport = onReport
  }

  /**
   * @param kind what is throttled together; one of a fixed set
   * @param message what happened and what was done about it
   */
  report(kind: string, message: string, error?: unknown): void {
    this.#onReport(kind)
    const now = this.#now()
    const last = this.#last.get(kind)
    if (last !== undefined && now - last.at < INTERVAL_MS) {
      last.silenced += 1
      return
    }
    const silenced = last?.silenced ?? 0
    this.#last.set(kind, { at: now, silenced: 0 })
    const more = silenced > 0 ? ` (and ${silenced} more like it since the last report)` : ''
    try {
      if (error === undefined) diag.warn(`storage-lock-otel: ${message}${more}`)
      else diag.warn(`storage-lock-otel: ${message}${more}`, error)
    } catch {
      // A logger that throws has nobody left to tell.
    }
  }
}
