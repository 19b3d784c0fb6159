// How a program sets up OpenTelemetry for its locks: import this before anything else. With
// OTEL_EXPORTER_OTLP_ENDPOINT set, traces and metrics go there; without, finished lock operations are printed.
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { metrics, NodeSDK, tracing } from '@opentelemetry/sdk-node'
import { EventIdGenerator, OtelListener } from 'storage-lock-otel'

const exports_ = process.env.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined

/** Give this to your locks. */
export const listener = new OtelListener()

const sdk = new NodeSDK({
  serviceName: process.env.OTEL_SERVICE_NAME ?? 'lock-example',
  // Trace and span ids come from the ids of lock events: the same wherever these are turned into spans.
  idGenerator: new EventIdGenerator(),
  // Hands the listener the providers.
  instrumentations: [listener],
  // The first brings the listener up to date before the second exports.
  spanProcessors: [
    listener.spanProcessor(),
    exports_ ? new tracing.BatchSpanProcessor(new OTLPTraceExporter()) : printer(),
  ],
  metricReaders: exports_
    ? [
        new metrics.PeriodicExportingMetricReader({
          exporter: new OTLPMetricExporter(),
          exportIntervalMillis: 5000,
        }),
      ]
    : [],
})
sdk.start()

/** Call it before the program ends. */
export async function shutdown() {
  await listener.forceFlush()
  await sdk.shutdown()
}

/** Prints the spans of whole operations, a line each. */
function printer() {
  const operations = ['StorageLock.Lock', 'StorageLock.Unlock', 'StorageLock.Hold', 'WatchDog.Refresh']
  return {
    onStart() {},
    onEnd({ name, duration: [seconds, nanoseconds], attributes, status }) {
      const outcome = attributes['storage_lock.outcome'] ?? attributes['storage_lock.hold.end']
      if (!operations.includes(name) || outcome === undefined) return
      const words = [
        name.padEnd(18),
        attributes['storage_lock.lock.id'],
        outcome,
        attributes['storage_lock.contended'] ? 'contended' : undefined,
        `${(seconds * 1e3 + nanoseconds / 1e6).toFixed(2)} ms`,
        status.message,
      ]
      console.log(words.filter((word) => word !== undefined).join('  '))
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}
