/**
 * The version of this package, as its tracer and meter report it.
 *
 * @example
 * console.log(`storage-lock-otel ${VERSION}`)
 */
export const VERSION = '0.1.0'
