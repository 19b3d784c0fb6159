#!/usr/bin/env node
// A live demonstration: several processes contend for one real lock, no server needed. See README.md.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { drawn, startBridge } from './bridge.mjs'
import { CAST, RUN_FOR } from './cast.mjs'
import { Lines } from './events.mjs'
import { Figures, time } from './figures.mjs'

const USAGE = `usage: main.mjs [--prometheus [HOST:]PORT] [--report FILE] [--print=N] [FILE...]
  With FILEs, replays captured event streams instead, and draws the N slowest traces.`

const workers = []
const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url))

// Whoever reads this may have seen enough, as `head` has.
process.stdout.on('error', () => process.exit(0))
process.exitCode = await main()

async function main() {
  let options
  try {
    options = parseArgs({
      options: {
        prometheus: { type: 'string' },
        report: { type: 'string', default: 'contention.html' },
        print: { type: 'string', default: '6' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    })
  } catch (error) {
    console.error(`${error.message.split('. ', 1)[0]}\n${USAGE}`)
    return 1
  }
  const { prometheus, report, print, help } = options.values
  if (help) {
    console.log(USAGE)
    return 0
  }
  const scraped = prometheus === undefined ? [] : ['--prometheus', prometheus]
  if (options.positionals.length > 0) {
    const args = [`--print=${print}`, '--report', report, ...scraped, ...options.positionals]
    return startBridge(args, process.env).ended
  }
  const folder = fs.mkdtempSync(join(tmpdir(), 'lock-demo-'))
  process.on('exit', () => {
    for (const worker of workers) worker.kill('SIGKILL')
    fs.rmSync(folder, { recursive: true, force: true })
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  return demonstrate(folder, scraped, resolve(report))
}

async function demonstrate(folder, scraped, report) {
  const exports_ = Object.keys(process.env).some((name) => /^OTEL_EXPORTER_OTLP(_\w+)?_ENDPOINT$/.test(name))
  const env = { OTEL_SERVICE_NAME: 'lock-demo', ...process.env }
  const live = exports_ || scraped.length > 0 ? startBridge(['--quiet', ...scraped], env) : undefined
  const figures = new Figures(CAST)
  const lines = new Lines()
  const started = performance.now()
  const say = (text) => console.log(`${time(performance.now() - started).padStart(7)}  ${text}`)

  console.log(`${CAST.length} processes contend for the lock of one file for ${RUN_FOR / 1000} seconds:`)
  for (const { name, kind, role } of CAST) console.log(`  ${name.padEnd(6)} ${kind.padEnd(10)} ${role}`)
  console.log()

  const file = join(folder, 'inventory.json')
  fs.writeFileSync(file, '{}')
  const ticks = setInterval(() => say(`acquired so far: ${figures.progress()}`), 1000)
  const stage = { figures, lines, live, say, begin: Date.now() }
  const worked = Promise.all(CAST.map(({ name }) => work(file, name, stage))).then(() => undefined)
  // A bridge that ends before the workers do has said why: a port that is taken, perhaps.
  const failed = await Promise.race(live === undefined ? [worked] : [worked, live.ended])
  clearInterval(ticks)
  if (failed !== undefined) process.exit(failed)
  live?.stdin.end()
  const status = (await live?.ended) ?? 0
  say(`done: ${figures.acquired} acquires, ${lines.all.length} events\n`)
  return (await conclude(folder, figures, lines, report)) || status
}

/** Runs one worker to its end. */
async function work(file, name, { figures, lines, live, say, begin }) {
  const worker = spawn(process.execPath, [WORKER, file, name, String(begin)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  workers.push(worker)
  worker.on('message', (message) => {
    figures.add(message)
    if (message.type === 'lost') {
      say(`${name} lost its lease after ${time(message.milliseconds)}: renewing it failed`)
    }
    if (message.type === 'acquired' && message.milliseconds > 1500) {
      say(`${name} got the lock after ${time(message.milliseconds)}`)
    }
    if (message.type === 'doomed') {
      setTimeout(() => {
        worker.kill('SIGKILL')
        say(`${name} was killed while it held the lock: the others wait for its lease`)
      }, 200)
    }
  })
  createInterface({ input: worker.stdout }).on('line', (line) => {
    lines.add(line)
    live?.stdin.write(`${line}\n`)
  })
  const [code, signal] = await once(worker, 'close')
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`worker ${name} ended with status ${code}`)
}

/** Shows what came of it; the status says whether all of it could be shown. */
async function conclude(folder, figures, lines, report) {
  const captured = join(folder, 'events.ndjson')
  fs.writeFileSync(captured, `${lines.all.join('\n')}\n`)
  const contended = join(folder, 'contended.ndjson')
  fs.writeFileSync(contended, `${lines.mostContended(3).join('\n')}\n`)
  const [waterfalls, timings] = await Promise.all([
    drawn(['--quiet', '--print=3', '--detail', 'compact', contended]),
    drawn(['--quiet', '--print=1', '--report', report, captured]),
  ])
  console.log('The three acquires that waited longest, as traces:\n')
  console.log(`${waterfalls.text.split(/^.*(?:traces? not shown|lock timing)/m)[0].trimEnd()}\n`)
  console.log('All of them, as the metrics have it:\n')
  console.log(`${timings.text.slice(timings.text.indexOf('lock timing')).trimEnd()}\n`)
  console.log('Each worker, by its own clock:\n')
  console.log(`${figures.table()}\n`)
  if (timings.status === 0) console.log(`Who waited for whom, as a page for the browser:\n  ${report}\n`)
  console.log(`Where to look next
  In Jaeger or Grafana:   examples/compose, then
    OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 npm start
  For a scraper:          npm start -- --prometheus 9464
  A stream of your own:   npm start -- FILE
  Your own locks:         docs/bindings.md
  What the metrics mean:  docs/metrics.md
  What to do about them:  docs/runbook.md`)
  return waterfalls.status || timings.status
}
