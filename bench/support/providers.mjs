import { createNoopMeter } from '@opentelemetry/api'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { AlwaysOffSampler, BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

/** Takes spans, and does nothing with them but count. */
export class CountingExporter {
  spans = 0
  events = 0
  attributes = 0
  links = 0
  /** Counting what is in the spans takes time: only where nothing is measured. */
  thorough = false

  export(spans, done) {
    this.spans += spans.length
    if (this.thorough) for (const span of spans) this.#count(span)
    done({ code: 0 })
  }

  #count(span) {
    this.attributes += Object.keys(span.attributes).length
    this.events += span.events.length
    this.links += span.links.length
    for (const each of [...span.events, ...span.links]) {
      this.attributes += Object.keys(each.attributes ?? {}).length
    }
  }

  counts() {
    const { spans, events, attributes, links } = this
    return { spans, events, attributes, links }
  }

  forceFlush() {
    return Promise.resolve()
  }

  shutdown() {
    return Promise.resolve()
  }
}

/** A tracer provider as an application has it, with a queue that never overflows. */
export function tracing({ idGenerator, processors = [], sampled = true } = {}) {
  const exporter = new CountingExporter()
  const provider = new BasicTracerProvider({
    ...(idGenerator === undefined ? undefined : { idGenerator }),
    ...(sampled ? undefined : { sampler: new AlwaysOffSampler() }),
    spanProcessors: [...processors, new BatchSpanProcessor(exporter, { maxQueueSize: 2 ** 22 })],
  })
  return { provider, exporter }
}

class PulledReader extends MetricReader {
  onForceFlush() {
    return Promise.resolve()
  }

  onShutdown() {
    return Promise.resolve()
  }
}

/** A meter provider as an application has it, read when asked. */
export function metering() {
  const reader = new PulledReader()
  return { provider: new MeterProvider({ readers: [reader] }), reader }
}

/** How many records went into the histograms, and what the counters add up to. */
export async function recordCount(reader) {
  const { resourceMetrics } = await reader.collect()
  let records = 0
  for (const { metrics } of resourceMetrics.scopeMetrics) {
    for (const metric of metrics) {
      if (metric.descriptor.name.startsWith('storage_lock.listener.')) continue
      for (const { value } of metric.dataPoints) {
        if (typeof value === 'object') records += value.count
        else if (metric.isMonotonic === true) records += value
      }
    }
  }
  return records
}

/** A meter that writes down what is recorded with it. */
export function tappedMeter(records) {
  const noop = createNoopMeter()
  const instrument = (kind) => (name, options) => {
    const take = (value, attributes) => {
      if (kind === 'counter' && value === 0) return
      records.push({ kind, name, options, value, attributes: Object.freeze({ ...attributes }) })
    }
    return { record: take, add: take }
  }
  const meter = Object.create(noop)
  meter.createHistogram = instrument('histogram')
  meter.createCounter = instrument('counter')
  return { getMeter: () => meter }
}
