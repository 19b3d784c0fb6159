import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'
import { reporting } from '../../vitest.reporting.js'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

export default defineConfig({
  root: path('../..'),
  resolve: {
    alias: [
      { find: /^storage-lock-otel$/, replacement: path('../../src/index.ts') },
      { find: /^storage-lock-otel\/(.*)$/, replacement: path('../../src/bindings/$1.ts') },
      { find: /^@opentelemetry\/sdk-trace-base$/, replacement: path('sdk-trace-base.ts') },
      // Everything else of OpenTelemetry comes from here too, for the sources as well as for the tests.
      {
        find: /^@opentelemetry\/(?!sdk-trace-base$)(.*)$/,
        replacement: path('node_modules/@opentelemetry/$1'),
      },
    ],
  },
  test: {
    ...reporting,
    include: [
      'compat/v3/*.test.ts',
      // What listeners throw is told to the API's diag.
      'test/events/{publish,report}.test.ts',
      'test/otel/**/*.test.ts',
      'test/operations/**/*.test.ts',
      'test/trees/**/*.test.ts',
      'test/regression/**/*.test.ts',
      'test/bindings/redlock*.test.ts',
      'test/bindings/async-mutex.test.ts',
      'test/bindings/otel.service.test.ts',
    ],
    exclude: configDefaults.exclude,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // The bindings' tests measure time in real processes.
    fileParallelism: false,
  },
})
