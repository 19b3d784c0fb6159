// Coverage-guided fuzzing of the reader of lines, the codec and the listener.
//
//   node test/fuzz/fuzz.mjs [--seconds 600] [--seed N] [--target lines|codec|listener] [--save]
//
// Inputs that reach something new are kept and changed further. --save writes those that the corpus in the repository
// lacks into it, as few as reach everything. An input that breaks a law is written to test/fuzz/crashes and ends the
// run with status 1.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { buildSync } from 'esbuild'
import { Coverage } from './coverage.mjs'
import { mutate, random } from './mutate.mjs'

const FOLDER = dirname(fileURLToPath(import.meta.url))
const ROOT = join(FOLDER, '../..')
/** Inputs run between two looks at the coverage. */
const BATCH = 64
/** A longer input is not kept in the corpus for one block alone, in bytes. */
const MAX_FOR_ONE = 2_048
/** Changed when there is nothing else yet. */
const FIRST = Buffer.from('0{"id":"a","root_id":"a","event_type":2}\n')
/** An input that takes longer than this hangs, in ms of the processor's time: the machine may be busy. */
const SLOW = 2_000

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    target: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
})

const folder = join(ROOT, 'node_modules/.cache/storage-lock-otel-fuzz')
mkdirSync(folder, { recursive: true })
const bundle = join(folder, `targets-${process.pid}.cjs`)
buildSync({
  entryPoints: [join(FOLDER, 'targets.ts')],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  // Only our own code is to be covered.
  external: ['@opentelemetry/*', 'string-width'],
  conditions: ['storage-lock-otel:source'],
  alias: { 'storage-lock-otel': join(ROOT, 'src/index.ts') },
  logLevel: 'error',
})
const require = createRequire(import.meta.url)
const coverage = new Coverage(pathToFileURL(bundle).href)
let targets
try {
  ;({ targets } = require(bundle))
} finally {
  rmSync(bundle)
}

const names = values.target === undefined ? Object.keys(targets) : [values.target]
let failed = false
for (const name of names) {
  if (targets[name] === undefined) throw new Error(`there is no target ${name}`)
  if (!fuzz(name, (Number(values.seconds) * 1000) / names.length)) failed = true
}
process.exit(failed ? 1 : 0)

function fuzz(name, ms) {
  const target = targets[name]
  const next = random(Number(values.seed))
  const home = join(FOLDER, 'corpus', name)
  const known = existsSync(home) ? readdirSync(home).map((file) => readFileSync(join(home, file))) : []
  const seen = new Set()
  const blocks = new Set()
  const pool = []
  let executions = 0
  let crash

  const run = (bytes) => {
    executions++
    const before = processorTime()
    try {
      target(bytes)
    } catch (error) {
      crash = { bytes, error }
    }
    if (processorTime() - before > SLOW) crash ??= { bytes, error: new Error(`took more than ${SLOW} ms`) }
  }
  /** Runs one input and keeps it if it reaches what none did before. */
  const judge = (bytes) => {
    run(bytes)
    const features = coverage.take()
    let fresh = false
    for (const feature of features) {
      if (seen.has(feature)) continue
      seen.add(feature)
      blocks.add(blockOf(feature))
      fresh = true
    }
    if (fresh && crash === undefined) pool.push({ bytes, features })
  }
  const invent = () => {
    // The newest inputs reach what others do not: they are tried more often.
    const bias = next() < 0.5 ? next() : Math.sqrt(next())
    const parent = pool[Math.floor(bias * pool.length)]?.bytes ?? FIRST
    const other = pool[Math.floor(next() * pool.length)]?.bytes
    return mutate(parent, other === undefined ? [] : [other], next)
  }

  coverage.take()
  for (const bytes of known) if (crash === undefined) judge(bytes)
  const begun = performance.now()
  const start = seen.size
  while (crash === undefined && performance.now() - begun < ms) {
    // One input alone tells how often it reaches a block; asking costs more than running, so many are run together,
    // and one by one only when they reach a new block.
    judge(invent())
    const batch = Array.from({ length: BATCH }, invent)
    for (const bytes of batch) if (crash === undefined) run(bytes)
    if (coverage.take().some((feature) => !blocks.has(blockOf(feature)))) {
      for (const bytes of batch) if (crash === undefined) judge(bytes)
    }
  }
  const seconds = (performance.now() - begun) / 1000
  console.log(
    `${name}: ${executions} executions in ${seconds.toFixed(1)} s, seed ${values.seed}, ` +
      `${blocks.size} blocks and ${seen.size} features reached (${start} by the corpus of ${known.length} inputs)`,
  )
  if (crash !== undefined) {
    const crashes = join(FOLDER, 'crashes')
    mkdirSync(crashes, { recursive: true })
    const path = join(crashes, `${name}-${nameOf(crash.bytes)}`)
    writeFileSync(path, crash.bytes)
    console.error(`${name}: ${crash.error.stack}\nthe input is in ${path}`)
    return false
  }
  if (values.save) save(home, pool)
  return true
}

/** Replaces the corpus by few and small inputs that together reach every block. */
function save(home, pool) {
  // How often a block is reached makes inputs worth changing, not worth keeping.
  const left = pool.map(({ bytes, features }) => ({ bytes, reached: new Set(features.map(blockOf)) }))
  rmSync(home, { recursive: true, force: true })
  mkdirSync(home, { recursive: true })
  let kept = 0
  for (;;) {
    const worth = ({ bytes, reached }) => reached.size / (bytes.length + 256)
    const best = left.reduce((a, b) => (worth(b) > worth(a) ? b : a))
    if (best.reached.size === 0 || (best.reached.size === 1 && best.bytes.length > MAX_FOR_ONE)) break
    writeFileSync(join(home, nameOf(best.bytes)), best.bytes)
    kept++
    const gained = new Set(best.reached)
    for (const { reached } of left) for (const block of gained) reached.delete(block)
  }
  console.log(`kept ${kept} inputs`)
}

function processorTime() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function blockOf(feature) {
  return feature.slice(0, feature.indexOf(':'))
}

function nameOf(bytes) {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}
