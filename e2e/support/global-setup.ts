import { existsSync } from 'node:fs'
import { BRIDGE } from './bridge.js'
import { buildGo, GO_CODEC, GO_SERVICE, goVersion, JAEGER, TEMPO } from './go.js'

/** Builds everything that the tests start, once, before the first of them. */
export default function setup(): void {
  console.error(`End-to-end tests with ${goVersion()}`)
  if (!existsSync(BRIDGE)) throw new Error(`${BRIDGE} is missing: run "npm run build" first.`)
  for (const program of [GO_SERVICE, GO_CODEC, JAEGER, TEMPO]) buildGo(program)
}
