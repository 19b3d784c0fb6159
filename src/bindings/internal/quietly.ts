import { diag } from '@opentelemetry/api'

/**
 * Does what must not disturb the lock: what it throws is told to OpenTelemetry's `diag`.
 *
 * @returns its result; `undefined` when it threw
 */
export function quietly<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    diag.warn('storage-lock-otel: a bound lock was not understood', error)
    return undefined
  }
}
