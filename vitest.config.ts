import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    // Tests run against the sources; the built packages are exercised by the tests that start processes.
    alias: [
      { find: /^storage-lock-otel$/, replacement: source('./src/index.ts') },
      { find: /^storage-lock-otel\/(.*)$/, replacement: source('./src/bindings/$1.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts', 'bridge/test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    coverage: { provider: 'v8', include: ['src/**', 'bridge/src/**'] },
  },
})
