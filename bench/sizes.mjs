// How much telemetry a lock makes, at each level of detail, and what the SDK's own batch processor loses of a
// burst. Counts and bytes, not times: node bench/sizes.mjs
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { EventIdGenerator, eventFromJson, OtelListener } from '../dist/esm/index.js'
import { report } from './harness/report.mjs'
import { copyText, streamLines } from './support/streams.mjs'

const DETAILS = ['full', 'compact', 'operation']
/** What the exporter takes for one request of at most 512 spans, in ms. */
const EXPORT_MS = 20

const { bursts, record } = report('sizes', {
  full: { bursts: [100, 200, 1_000] },
  short: { bursts: [100, 200] },
})

const received = { bytes: 0, gzipped: 0 }
const collector = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    received.bytes += body.length
    received.gzipped += gzipSync(body).length
    response.end()
  })
}).listen(0, '127.0.0.1')
await once(collector, 'listening')
const url = `http://127.0.0.1:${collector.address().port}/v1/traces`

/** Spans and bytes of a stream's events, for each of its calls of Lock. */
async function sizeOf(lines, detail) {
  Object.assign(received, { bytes: 0, gzipped: 0 })
  let spans = 0
  let acquires = 0
  const counting = {
    onStart: () => undefined,
    onEnd: (span) => {
      if (span.name !== 'StorageLock.Create') spans += 1
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
  const tracerProvider = new BasicTracerProvider({
    idGenerator: new EventIdGenerator(),
    spanProcessors: [
      counting,
      new BatchSpanProcessor(new OTLPTraceExporter({ url }), { maxQueueSize: 2 ** 20 }),
    ],
  })
  const observer = {
    operation: ({ kind }) => {
      if (kind === 'acquire') acquires += 1
    },
  }
  const listener = new OtelListener({ tracerProvider, detail, observer })
  for (const line of lines) listener.on(undefined, eventFromJson(line))
  await listener.shutdown()
  await tracerProvider.shutdown()
  return {
    spans: spans / acquires,
    bytes: received.bytes / acquires,
    gzip: received.bytes / received.gzipped,
    json: lines.reduce((sum, line) => sum + line.length + 1, 0) / acquires,
  }
}

/** How many spans of locks that end in one moment reach an exporter, through the SDK's own batch processor. */
async function burst(locks, detail, maxQueueSize) {
  let made = 0
  let exported = 0
  const exporter = {
    export: async (spans, done) => {
      exported += spans.length
      await setTimeout(EXPORT_MS)
      done({ code: 0 })
    },
    shutdown: () => Promise.resolve(),
  }
  const counting = {
    onStart: () => undefined,
    onEnd: () => {
      made += 1
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [counting, new BatchSpanProcessor(exporter, { maxQueueSize })],
  })
  const listener = new OtelListener({ tracerProvider, detail })
  const text = streamLines('uncontended.ndjson').join('\n')
  const copies = Array.from({ length: locks }, (_, serial) => copyText(text, serial, serial))
  for (const line of copies.join('\n').split('\n')) listener.on(undefined, eventFromJson(line))
  // Not flushed: the listener makes the spans in its own time, as it does in a program.
  for (let before = -1; before < made; ) {
    before = made
    await setTimeout(200)
  }
  await tracerProvider.forceFlush()
  await listener.shutdown()
  await tracerProvider.shutdown()
  return { made, exported }
}

/** A count has no spread. */
const counted = (value) => ({ median: value, low: value, high: value, rounds: 1 })
for (const stream of ['uncontended', 'contention', 'watchdog']) {
  const lines = streamLines(`${stream}.ndjson`)
  for (const detail of DETAILS) {
    const { spans, bytes, gzip, json } = await sizeOf(lines, detail)
    record({ name: `${stream}, ${detail}: spans of a lock`, unit: 'spans', ...counted(spans) })
    record({ name: `${stream}, ${detail}: OTLP of a lock`, unit: 'KB', ...counted(bytes / 1000) })
    record({ name: `${stream}, ${detail}: OTLP ÷ the same with gzip`, unit: 'ratio', ...counted(gzip) })
    if (detail === 'full') record({ name: `${stream}: JSON of a lock`, unit: 'KB', ...counted(json / 1000) })
  }
}
for (const locks of bursts) {
  for (const detail of DETAILS) {
    for (const queue of [2_048, 20_000]) {
      const { made, exported } = await burst(locks, detail, queue)
      const name = `${locks} locks at once, ${detail}, a queue of ${queue}: exported of ${made}`
      record({ name, unit: 'spans', ...counted(exported) })
    }
  }
}
collector.close()
