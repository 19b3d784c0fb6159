/** The version of this package, as its tracer and meter report it. */
export const VERSION = '0.1.0'
