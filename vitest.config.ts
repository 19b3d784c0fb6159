import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'
import { reporting } from './vitest.reporting.js'
import { BROWSER_TESTS, FAULT_TESTS, PACKAGE_TESTS, SERVICE_TESTS } from './vitest.suites.js'

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** `SUITE` chooses what runs: unit (the default), services, browser, faults or package. */
const suites: Record<string, { include: string[]; exclude: string[]; timeout: number }> = {
  unit: {
    include: ['test/**/*.test.ts', 'bridge/test/**/*.test.ts'],
    exclude: [...SERVICE_TESTS, ...BROWSER_TESTS, ...FAULT_TESTS, ...PACKAGE_TESTS],
    timeout: 60_000,
  },
  services: { include: SERVICE_TESTS, exclude: [], timeout: 180_000 },
  browser: { include: BROWSER_TESTS, exclude: [], timeout: 180_000 },
  faults: { include: FAULT_TESTS, exclude: [], timeout: 600_000 },
  package: { include: PACKAGE_TESTS, exclude: [], timeout: 180_000 },
}
const name = process.env['SUITE'] ?? 'unit'
const suite = suites[name]
if (suite === undefined)
  throw new Error(`SUITE must be one of ${Object.keys(suites).join(', ')}, got ${name}`)

export default defineConfig({
  resolve: {
    // Tests run against the sources; the built packages are exercised by the tests that start processes.
    alias: [
      { find: /^storage-lock-otel$/, replacement: source('./src/index.ts') },
      { find: /^storage-lock-otel\/(.*)$/, replacement: source('./src/bindings/$1.ts') },
    ],
  },
  test: {
    include: suite.include,
    ...reporting,
    exclude: [...configDefaults.exclude, ...suite.exclude],
    testTimeout: suite.timeout,
    hookTimeout: suite.timeout,
    // Suites that measure time in real processes must not share two cores with each other.
    fileParallelism: name === 'unit',
    coverage: { provider: 'v8', include: ['src/**', 'bridge/src/**'] },
  },
})
