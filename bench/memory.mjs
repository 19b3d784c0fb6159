// What the listener keeps in memory, by the piece.
import { OtelListener } from '../dist/esm/index.js'
import { summary } from './harness/measure.mjs'
import { report } from './harness/report.mjs'
import { Block } from './support/block.mjs'
import { tracing } from './support/providers.mjs'
import { rootOf, streamLines } from './support/streams.mjs'

const { rounds, count, record } = report('memory', {
  full: { rounds: 5, count: 4_000 },
  short: { rounds: 2, count: 1_000 },
})

const uncontended = streamLines('uncontended.ndjson')
const lines = uncontended.filter((line) => rootOf(line) !== rootOf(uncontended[0]))
const lockRoot = rootOf(lines[0])
const lock = lines.filter((line) => rootOf(line) === lockRoot)

/** Bytes that stay once garbage is gone. */
async function used() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return process.memoryUsage().heapUsed
}

/** What one more of something costs: of many, told to a listener one after another. */
async function bytesOfOne(block, { after = () => undefined, limits } = {}) {
  const { provider } = tracing()
  const listener = new OtelListener({ tracerProvider: provider, limits })
  for (const event of block.copy(0)) listener.on(undefined, event)
  after(listener)
  const before = await used()
  for (let serial = 1; serial <= count; serial++) {
    for (const event of block.copy(serial)) listener.on(undefined, event)
    if (serial % 50 === 0) {
      after(listener)
      await provider.forceFlush()
    }
  }
  after(listener)
  await provider.forceFlush()
  const bytes = ((await used()) - before) / count
  // Until here it must be there.
  await listener.shutdown()
  return bytes
}

const roomy = { openTrees: 1e6, retainedEvents: 1e7, rememberedTrees: 1e6, holds: 1e6 }
const cases = {
  // A call of Lock that waits: its first six publications.
  'an open tree of 6 events': () => bytesOfOne(new Block(lock.slice(0, 6)), { limits: roomy }),
  'a remembered call of Lock and of Unlock': () =>
    bytesOfOne(new Block(lines), { limits: roomy, after: (listener) => listener.flushSync() }),
  'a lock that is held, with its tree': () =>
    bytesOfOne(new Block(lock.slice(0, 15)), { limits: roomy, after: (listener) => listener.flushSync() }),
}
for (const [name, measure] of Object.entries(cases)) {
  const found = []
  for (let round = 0; round < rounds; round++) found.push(await measure())
  record({ name, unit: 'bytes', ...summary(found) })
}
