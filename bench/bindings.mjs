// Bound locks against a real Redis: an uncontended acquire and release, with and without the binding. Measured on
// the wall, since that is what a caller waits; the operations of all candidates are interleaved one by one.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { Mutex } from 'redis-semaphore'
import { instrumentRedisSemaphore } from '../dist/esm/bindings/redis-semaphore.js'
import { instrumentRedlock } from '../dist/esm/bindings/redlock.js'
import { EventIdGenerator, OtelListener } from '../dist/esm/index.js'
import { median, summary, turn } from './harness/measure.mjs'
import { report } from './harness/report.mjs'
import { metering, tracing } from './support/providers.mjs'

const { default: Redlock } = createRequire(import.meta.url)('redlock')

/** Operations of each candidate before the first that counts. */
const WARM_UP = 1500
/** Operations whose median is one round's figure. */
const ROUND = 100

const { rounds, record } = report('bindings', { full: { rounds: 60 }, short: { rounds: 10 } })

const { client, stop } = await startRedis()
try {
  await compare('redlock 5', (bind) => {
    const redlock = new (bind(Redlock, instrumentRedlock))([client])
    return async () => {
      const lock = await redlock.acquire(['bench'], 5000)
      await lock.release()
    }
  })
  await compare('redis-semaphore', (bind) => {
    const mutex = new (bind(Mutex, instrumentRedisSemaphore))(client, 'bench')
    return async () => {
      await mutex.acquire()
      await mutex.release()
    }
  })
} finally {
  await stop()
}

async function compare(kind, make) {
  const otel = new OtelListener({
    tracerProvider: tracing({ idGenerator: new EventIdGenerator() }).provider,
    meterProvider: metering().provider,
  })
  const nothing = { name: 'nothing', on() {} }
  const bound = (listeners) => (Class, instrument) => instrument(Class, { listeners })
  const candidates = [
    { name: 'not bound', use: make((Class) => Class) },
    { name: 'no listener', use: make(bound([])) },
    { name: 'a listener that does nothing', use: make(bound([nothing])) },
    { name: 'OtelListener', use: make(bound([otel])), after: () => otel.forceFlush() },
  ]
  const figures = new Map(candidates.map(({ name }) => [name, []]))
  await operations(candidates, WARM_UP)
  for (let round = 0; round < rounds; round++) {
    const times = await operations(candidates, ROUND)
    for (const { name } of candidates) figures.get(name).push(median(times.get(name)))
  }
  const floor = figures.get('not bound')
  for (const [name, values] of figures) {
    record({ name: `${kind}: ${name}`, unit: 'us an acquire and release', ...summary(values) })
    if (values === floor) continue
    const more = values.map((value, round) => (value / floor[round] - 1) * 100)
    record({ name: `${kind}: ${name}, more than not bound`, unit: '%', ...summary(more) })
  }
}

/** Microseconds of each operation, by candidate. */
async function operations(candidates, count) {
  const times = new Map(candidates.map(({ name }) => [name, []]))
  for (let i = 0; i < count; i++) {
    // In any order: whoever comes after a costly one finds the caches full of that one's work.
    for (const { name, use, after } of shuffled(candidates)) {
      const before = performance.now()
      await use()
      times.get(name).push((performance.now() - before) * 1000)
      // What is done later is not the next candidate's.
      await after?.()
      await turn()
    }
  }
  return times
}

function shuffled(values) {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}

async function startRedis() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  const folder = mkdtempSync(join(tmpdir(), 'bench-redis-'))
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder]
  const server = spawn('redis-server', args, { stdio: 'ignore' })
  const client = new Redis({ port, host: '127.0.0.1' })
  client.on('error', () => undefined)
  await client.ping()
  return {
    client,
    stop: async () => {
      client.disconnect()
      server.kill()
      await once(server, 'exit')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
