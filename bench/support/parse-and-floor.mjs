// Reads lines, parses their JSON, makes the floor's spans and records of them and sends both by OTLP.
import { readFileSync } from 'node:fs'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { Floor, JSON_OBJECTS } from './floor.mjs'
import { linesOf } from './lines.mjs'

const [file, planFile] = process.argv.slice(2)
const { length, plan } = JSON.parse(readFileSync(planFile, 'utf8'))
const floor = new Floor(plan, JSON_OBJECTS)
const traces = new BasicTracerProvider({
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter(), { maxQueueSize: 2 ** 20 })],
})
const metrics = new MeterProvider({
  readers: [
    new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter(), exportIntervalMillis: 60_000 }),
  ],
})
const tracer = traces.getTracer('floor')
const instruments = floor.instruments(metrics.getMeter('floor'))

let spans = 0
let publications = []
for await (const lines of linesOf(file)) {
  for (const line of lines) {
    publications.push(JSON.parse(line))
    if (publications.length < length) continue
    floor.spans(tracer, publications)
    floor.records(instruments)
    spans += plan.steps.length
    publications = []
    await traces.forceFlush()
  }
}
await metrics.forceFlush()
await traces.shutdown()
await metrics.shutdown()
process.stdout.write(JSON.stringify({ spans }))
