/**
 * Which tests need more than Node. `npm test` runs the others; each of these has a command of its own, and
 * none skips itself where its program is missing: it fails and says what to install.
 */
export const SERVICE_TESTS = [
  // redis-server
  'test/bindings/redis-semaphore*.test.ts',
  'test/bindings/redlock*.test.ts',
  'test/bindings/**/*.service.test.ts',
  // prometheus, promtool
  'test/dashboards/promtool.test.ts',
  'test/e2e-prometheus/**/*.test.ts',
  'test/docs/**/*.service.test.ts',
]

/** chromium */
export const BROWSER_TESTS = ['bridge/test/browser/**/*.test.ts']

/** Real processes, sockets and files that fail on purpose; they take minutes. */
export const FAULT_TESTS = ['bridge/test/faults/**/*.test.ts', 'test/faults/**/*.test.ts']

/** Packs, installs and bundles the packages, as users do; npm fetches what they depend on. */
export const PACKAGE_TESTS = ['test/package/**/*.test.ts']
