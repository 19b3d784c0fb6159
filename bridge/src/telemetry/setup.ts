import { type DiagLogger, DiagLogLevel, diag, metrics as metricsApi, trace } from '@opentelemetry/api'
import { core, metrics, NodeSDK, tracing } from '@opentelemetry/sdk-node'
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { EventIdGenerator } from 'storage-lock-otel'
import { exportLimit } from './attempt.js'
import { CountedMetricExporter } from './counted-metrics.js'
import { Delivery, type DeliveryNews } from './delivery.js'
import { countRefusals } from './diagnostics.js'
import {
  countSetting,
  type Environment,
  exportersFor,
  isDisabled,
  millisecondsSetting,
  otlpMetricExporter,
  otlpTraceExporter,
  portSetting,
  setting,
} from './exporters.js'
import { MetricsServer } from './metrics-server.js'
import { bridgeResource } from './resource.js'
import { cutStuckRequests } from './stuck-requests.js'
import { TimingsReader } from './timings.js'

export interface TelemetryRequest {
  readonly env: Environment
  /** Further processors of finished spans: the waterfall's, for one. */
  readonly processors: readonly SpanProcessor[]
  /** Serve the metrics here. */
  readonly prometheus: { readonly host: string; readonly port: number } | undefined
  /** How long failures to deliver may go on, in ms. */
  readonly giveUp: number
  readonly news: Partial<DeliveryNews>
  /** Where the SDK's warnings go. */
  readonly logger: DiagLogger
}

/** The telemetry SDK, set up. */
export interface Telemetry {
  /** Delivers spans; `undefined` when none are to be sent. */
  readonly delivery: Delivery | undefined
  /** Sends metrics; `undefined` when none are to be sent. */
  readonly metricExporter: CountedMetricExporter | undefined
  readonly timings: TimingsReader
  /** The address of /metrics. */
  readonly metricsUrl: string | undefined
  /**
   * Sends the metrics as they are now; answers whether they arrived. Tries again until the deadline, a moment of
   * `performance.now()` that may be moved while it tries.
   */
  flushMetrics(deadline: () => number): Promise<boolean>
  shutdown(): Promise<void>
}

/** The service the spans belong to when the environment does not name one. */
export const DEFAULT_SERVICE_NAME = 'storage-lock-otel-bridge'

/**
 * Events of one span. The SDK's own bound of 128 lies below the listener's, which counts what it leaves out; the SDK
 * would drop the oldest actions of a lock held for a day, and say so only in a warning.
 */
const EVENTS_PER_SPAN = 1_024

/** What the environment can ask for besides OTLP. */
const SPAN_EXPORTERS = ['otlp', 'console']
const METRIC_EXPORTERS = ['otlp', 'console', 'prometheus']

/** Whether the environment asks for any exporter; if not, traces are to be drawn. */
export function hasExporters(env: Environment): boolean {
  return (
    exportersFor(env, 'TRACES', SPAN_EXPORTERS).length > 0 ||
    exportersFor(env, 'METRICS', METRIC_EXPORTERS).length > 0
  )
}

/**
 * Sets up the SDK by the standard environment variables, with the exporters wrapped so that what they deliver is
 * counted. Nothing is sent anywhere unless an endpoint or an exporter is named.
 */
export async function startTelemetry(request: TelemetryRequest): Promise<Telemetry> {
  const { env } = request
  const traceExporters = exportersFor(env, 'TRACES', SPAN_EXPORTERS)
  const metricExporters = exportersFor(env, 'METRICS', METRIC_EXPORTERS)

  const processors: SpanProcessor[] = [...request.processors]
  let delivery: Delivery | undefined
  if (traceExporters.includes('otlp')) {
    delivery = new Delivery(await otlpTraceExporter(env), deliveryOptions(request))
    processors.push(delivery)
  }
  if (traceExporters.includes('console')) {
    processors.push(new tracing.SimpleSpanProcessor(new tracing.ConsoleSpanExporter()))
  }

  const timings = new TimingsReader()
  const readers: metrics.IMetricReader[] = [timings]
  let metricExporter: CountedMetricExporter | undefined
  let periodic: metrics.PeriodicExportingMetricReader | undefined
  if (metricExporters.includes('otlp')) {
    metricExporter = new CountedMetricExporter(
      await otlpMetricExporter(env),
      exportLimit(timeoutFor(env, 'METRICS')),
    )
    periodic = periodicReader(env, metricExporter)
    readers.push(periodic)
  }
  if (metricExporters.includes('console'))
    readers.push(periodicReader(env, new metrics.ConsoleMetricExporter()))
  const prometheus =
    request.prometheus ?? (metricExporters.includes('prometheus') ? prometheusPlace(env) : undefined)
  const server = prometheus === undefined || isDisabled(env) ? undefined : new MetricsServer()
  if (server !== undefined) readers.push(server.reader)

  const longest = Math.max(timeoutFor(env, 'TRACES'), timeoutFor(env, 'METRICS'))
  const releaseRequests = cutStuckRequests(exportLimit(longest) + 1_000)
  const resource = await bridgeResource(env)
  const sdk = new NodeSDK({
    spanProcessors: processors,
    metricReaders: readers,
    // No log records: left out, they would be sent to localhost.
    logRecordProcessors: [],
    resource,
    autoDetectResources: false,
    idGenerator: new EventIdGenerator(),
    textMapPropagator: null,
    ...(namesService(env) ? {} : { serviceName: DEFAULT_SERVICE_NAME }),
    ...(setting(env, 'OTEL_SPAN_EVENT_COUNT_LIMIT') === undefined
      ? { spanLimits: { eventCountLimit: EVENTS_PER_SPAN } }
      : {}),
  })
  // The SDK has set a logger that writes to stdout, which belongs to the lines that are passed through.
  const level = logLevel(env)
  const logger = countRefusals(request.logger, level, {
    spans: (count) => delivery?.refused(count),
    points: (count) => metricExporter?.refused(count),
  })
  diag.setLogger(logger, { logLevel: Math.max(level, DiagLogLevel.WARN), suppressOverrideMessage: true })
  sdk.start()
  const metricsUrl = prometheus && (await server?.listen(prometheus.host, prometheus.port))

  return {
    delivery,
    metricExporter,
    timings,
    metricsUrl,
    flushMetrics: async (deadline) => {
      if (metricExporter === undefined || periodic === undefined) return true
      return flushUntilDelivered(metricExporter, periodic, deadline)
    },
    shutdown: async () => {
      releaseRequests()
      metricExporter?.close()
      await server?.close()
      await sdk.shutdown()
      trace.disable()
      metricsApi.disable()
    },
  }
}

function deliveryOptions({ env, giveUp, news }: TelemetryRequest): ConstructorParameters<typeof Delivery>[1] {
  const maxBatch = countSetting(env, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE')
  const maxQueue = countSetting(env, 'OTEL_BSP_MAX_QUEUE_SIZE')
  const delay = millisecondsSetting(env, 'OTEL_BSP_SCHEDULE_DELAY')
  return {
    giveUp,
    news,
    exportTimeout: exportLimit(timeoutFor(env, 'TRACES')),
    ...(maxBatch === undefined ? {} : { maxBatch }),
    ...(maxQueue === undefined ? {} : { maxQueue }),
    ...(delay === undefined ? {} : { delay }),
  }
}

/** After how much silence the OTLP exporter gives up, in ms. */
function timeoutFor(env: Environment, signal: 'TRACES' | 'METRICS'): number {
  return (
    millisecondsSetting(env, `OTEL_EXPORTER_OTLP_${signal}_TIMEOUT`) ??
    millisecondsSetting(env, 'OTEL_EXPORTER_OTLP_TIMEOUT') ??
    10_000
  )
}

function periodicReader(
  env: Environment,
  exporter: metrics.PushMetricExporter,
): metrics.PeriodicExportingMetricReader {
  const exportIntervalMillis = millisecondsSetting(env, 'OTEL_METRIC_EXPORT_INTERVAL') ?? 60_000
  const timeout = millisecondsSetting(env, 'OTEL_METRIC_EXPORT_TIMEOUT') ?? 30_000
  return new metrics.PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis,
    exportTimeoutMillis: Math.min(timeout, exportIntervalMillis),
  })
}

function prometheusPlace(env: Environment): { host: string; port: number } {
  return {
    host: setting(env, 'OTEL_EXPORTER_PROMETHEUS_HOST') ?? '127.0.0.1',
    port: portSetting(env, 'OTEL_EXPORTER_PROMETHEUS_PORT') ?? 9464,
  }
}

function namesService(env: Environment): boolean {
  if (setting(env, 'OTEL_SERVICE_NAME') !== undefined) return true
  const attributes = setting(env, 'OTEL_RESOURCE_ATTRIBUTES') ?? ''
  return attributes.split(',').some((pair) => pair.trim().startsWith('service.name='))
}

function logLevel(env: Environment): DiagLogLevel {
  const level = setting(env, 'OTEL_LOG_LEVEL')
  return level === undefined ? DiagLogLevel.WARN : (core.diagLogLevelFromString(level) ?? DiagLogLevel.WARN)
}

/** How often the deadline is looked at. */
const LOOK_MS = 100
const PAUSE_MS = 500

async function flushUntilDelivered(
  exporter: CountedMetricExporter,
  reader: metrics.PeriodicExportingMetricReader,
  deadline: () => number,
): Promise<boolean> {
  const before = exporter.started
  for (;;) {
    await orUntil(reader.forceFlush(), deadline)
    // An export that was under way already has older values, and makes the reader skip this one.
    if (exporter.started > before && exporter.settled && exporter.lastFailure === undefined) return true
    // Without any instrument there is nothing to send, and no export begins.
    if (exporter.started === 0 && exporter.settled) return true
    if (exporter.started > before && exporter.settled && exporter.lastRefused) return false
    if (performance.now() >= deadline()) return false
    await orUntil(sleep(exporter.lastFailure === undefined ? 10 : PAUSE_MS), deadline)
  }
}

/** Waits for the promise, or for the deadline, wherever it is by then. */
async function orUntil(promise: Promise<void>, deadline: () => number): Promise<void> {
  let looks: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    looks = setInterval(() => {
      if (performance.now() >= deadline()) resolve()
    }, LOOK_MS)
  })
  try {
    await Promise.race([promise, late])
  } finally {
    clearInterval(looks)
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
