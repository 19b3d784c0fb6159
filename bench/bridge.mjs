// The bridge as a whole process on a large stream, against programs that do what cannot be avoided.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventFromJson } from '../dist/esm/index.js'
import { ratio, summary } from './harness/measure.mjs'
import { report } from './harness/report.mjs'
import { planOf } from './support/plan.mjs'
import { runProgram, temporaryFolder } from './support/program.mjs'
import { streamOfTiles, TILE, writeTiles } from './support/tiles.mjs'

const BRIDGE = new URL('../bridge/dist/main.js', import.meta.url)
const PARSE_ONLY = new URL('./support/parse-only.mjs', import.meta.url)
const PARSE_AND_FLOOR = new URL('./support/parse-and-floor.mjs', import.meta.url)

const { short, rounds, tiles, record } = report('bridge', {
  full: { rounds: 3, tiles: 11 },
  short: { rounds: 3, tiles: 4 },
})

const folder = temporaryFolder()
const file = join(folder, 'stream.ndjson')
const lines = TILE.length * tiles
const bytes = writeTiles(file, tiles)
const planFile = join(folder, 'plan.json')
// As the bridge: what is late by no more than the settle window is in order.
const plan = planOf(TILE.map(eventFromJson), { settle: 250 })
writeFileSync(planFile, JSON.stringify({ length: TILE.length, plan }))

const sink = fork(new URL('./support/sink.mjs', import.meta.url))
const [{ port }] = await once(sink, 'message')
const endpoint = `http://127.0.0.1:${port}`
const METRICS = { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${endpoint}/v1/metrics` }
const BOTH = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }

const programs = {
  'JSON.parse only': () => runProgram(folder, PARSE_ONLY, [file]),
  'JSON.parse and floor, to a sink': () =>
    runProgram(folder, PARSE_AND_FLOOR, [file, planFile], { env: BOTH }),
  'metrics only': () => runProgram(folder, BRIDGE, ['--summary', 'json', file], { env: METRICS }),
  'full detail, to a sink': () => runProgram(folder, BRIDGE, ['--summary', 'json', file], { env: BOTH }),
  'compact, to a sink': () =>
    runProgram(folder, BRIDGE, ['--summary', 'json', '--detail', 'compact', file], { env: BOTH }),
}
const names = Object.keys(programs)
const runs = new Map(names.map((name) => [name, []]))
for (let round = 0; round < rounds; round++) {
  for (let at = 0; at < names.length; at++) {
    const name = names[(at + round) % names.length]
    runs.get(name).push(await programs[name]())
  }
}

const spansOf = (name) => {
  const { spans } = JSON.parse(runs.get(name)[0].stdout)
  return spans.made ?? spans
}
const [made, floor] = [spansOf('full detail, to a sink'), spansOf('JSON.parse and floor, to a sink')]
// Locks that the captured stream leaves held end when their leases do, in the next copy: one span each.
if (Math.abs(made - floor) > floor / 1000)
  throw new Error(`the bridge made ${made} spans, the floor ${floor}`)
const used = (name) => runs.get(name).map(({ cpu }) => cpu)
const perSecond = (name) => used(name).map((ms) => (lines / ms) * 1000)
for (const name of names) {
  record({ name: `${name}, per second of processor`, unit: 'lines', ...summary(perSecond(name)) })
}
for (const name of names) {
  const wall = runs.get(name).map((run) => bytes / 1e6 / (run.wall / 1000))
  record({ name: `${name}, per second on the wall`, unit: 'MB', ...summary(wall) })
}
record({
  name: 'metrics only ÷ JSON.parse only',
  unit: 'throughput',
  ...ratio(perSecond('metrics only'), perSecond('JSON.parse only')),
  atLeast: 0.6,
  // Of 150,000 lines; of fewer, the time to load the SDK weighs more.
  usual: short ? 0.15 : 0.17,
})
record({
  name: 'full detail ÷ JSON.parse and floor',
  unit: 'throughput',
  ...ratio(perSecond('full detail, to a sink'), perSecond('JSON.parse and floor, to a sink')),
  atLeast: 0.85,
})
const memory = (found) => summary(found.map(({ rss }) => rss / 1e6))
record({
  name: `peak memory, ${lines} lines`,
  unit: 'MB',
  ...memory(runs.get('full detail, to a sink')),
  atMost: 250,
})
if (!short) {
  const longer = await runProgram(folder, BRIDGE, ['--quiet', '-'], {
    env: BOTH,
    input: streamOfTiles(10 * tiles),
  })
  record({ name: `peak memory, ${10 * lines} lines`, unit: 'MB', ...memory([longer]), atMost: 250 })
}
sink.disconnect()
