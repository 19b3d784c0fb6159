import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { BRIDGE } from './bridge.js'
import { buildGo, GO_CODEC, GO_SERVICE, goVersion, JAEGER, TEMPO } from './go.js'

/** Builds everything that the tests start, once, before the first of them. */
export default function setup(): void {
  console.error(`End-to-end tests with ${goVersion()}`)
  if (!existsSync(BRIDGE)) throw new Error(`${BRIDGE} is missing: run "npm run build" first.`)
  requirePrometheus()
  for (const program of [GO_SERVICE, GO_CODEC, JAEGER, TEMPO]) buildGo(program)
}

function requirePrometheus(): void {
  try {
    execFileSync('prometheus', ['--version'], { stdio: 'ignore' })
  } catch {
    throw new Error(
      'There is no Prometheus here: install it (Debian: the package prometheus) and put it on PATH.',
    )
  }
}
