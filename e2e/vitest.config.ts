import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { reporting } from '../vitest.reporting.js'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: here('.'),
  resolve: { alias: [{ find: /^storage-lock-otel$/, replacement: here('../src/index.ts') }] },
  test: {
    ...reporting,
    include: ['*.test.ts'],
    globalSetup: ['support/global-setup.ts'],
    // One machine runs the servers, the bridges and the tests; side by side they only slow each other.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
