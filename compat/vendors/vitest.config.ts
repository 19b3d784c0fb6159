import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { reporting } from '../../vitest.reporting.js'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

export default defineConfig({
  root: path('.'),
  resolve: {
    // The vendors find the API here, so the sources must find it here too.
    alias: [{ find: /^@opentelemetry\/(.*)$/, replacement: path('node_modules/@opentelemetry/$1') }],
  },
  test: {
    ...reporting,
    include: ['*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
