import type { OtelListener } from 'storage-lock-otel'
import type { BridgeOptions } from '../cli/options.js'
import type { Checkpoints } from '../input/checkpoints.js'
import type { PassThrough } from '../output/pass-through.js'
import { drawReport, droppedBy, type Report, reportJson, sumOf } from '../output/report.js'
import type { StatusLine } from '../output/status-line.js'
import { detectTerminal, type Terminal } from '../output/terminal.js'
import { drawTimings } from '../output/timing-table.js'
import type { Telemetry } from '../telemetry/setup.js'
import type { SpanCounter } from '../telemetry/span-counter.js'
import type { Display } from './display.js'
import type { Intake } from './intake.js'
import type { ReadResult } from './read-inputs.js'
import { signalExitCode } from './signals.js'

/** What {@link conclude} ends. */
export interface Conclusion {
  readonly options: BridgeOptions
  readonly listener: OtelListener
  readonly telemetry: Telemetry
  readonly counter: SpanCounter
  readonly display: Display | undefined
  readonly intake: Intake
  readonly checkpoints: Checkpoints | undefined
  readonly stdout: PassThrough
  readonly status: StatusLine
  readonly stderr: Terminal
  readonly read: ReadResult
  readonly readsStdin: boolean
  readonly signal: () => NodeJS.Signals | undefined
  /** Ms. */
  readonly giveUp: number
  readonly started: number
}

/** Metrics have this long after a signal, in ms; after the spans. */
const METRICS_AFTER_SIGNAL_MS = 2_000
/** An SDK that does not end is left alone after this. */
const SHUTDOWN_MS = 3_000

/** The input is over: everything is settled, delivered, shown and reported. @returns the exit status */
export async function conclude(end: Conclusion): Promise<number> {
  const { options, listener, telemetry, counter, display, checkpoints, stdout, read } = end
  // Trees that are cut off by a signal are read again by the next run, so the look comes before the flush; at the end
  // of files there is nothing more to come.
  const early = end.signal() !== undefined || options.follow ? checkpoints?.look() : undefined
  await listener.shutdown()
  const look =
    early === undefined ? checkpoints?.lookAtEnd() : { ...early, made: telemetry.delivery?.made ?? 0 }
  await telemetry.delivery?.forceFlush()
  if (look !== undefined) await checkpoints?.finish(look)
  const hopeless = (telemetry.delivery?.undelivered ?? 0) > 0
  const patience = end.signal() !== undefined || hopeless ? METRICS_AFTER_SIGNAL_MS : end.giveUp
  const metricsArrived = await soon(
    telemetry.flushMetrics(patience),
    patience + METRICS_AFTER_SIGNAL_MS,
    false,
  )
  const { timings, totals } = await telemetry.timings.read()

  display?.finish()
  const report: Report = {
    seconds: (performance.now() - end.started) / 1000,
    lines: end.intake.counts,
    trees: counter.roots,
    spans: {
      made: counter.spans,
      delivered: telemetry.delivery?.delivered,
      undelivered: telemetry.delivery?.undelivered ?? 0,
    },
    metrics: {
      delivered: telemetry.metricExporter === undefined ? undefined : metricsArrived,
      failure: metricsArrived ? undefined : telemetry.metricExporter?.lastFailure,
    },
    timings,
    dropped: droppedBy(totals),
    rejected: sumOf(totals, 'storage_lock.listener.events', { 'storage_lock.result': 'rejected' }),
    unreadable: read.unreadable,
    signal: end.signal(),
    exitCode: exitCodeOf(end, metricsArrived),
  }
  write(end, report)
  await soon(stdout.end(), SHUTDOWN_MS, undefined)
  await soon(telemetry.shutdown(), SHUTDOWN_MS, undefined)
  return report.exitCode
}

function exitCodeOf({ telemetry, read, signal }: Conclusion, metricsArrived: boolean): number {
  if ((telemetry.delivery?.undelivered ?? 0) > 0 || !metricsArrived) return 3
  if (read.unreadable.length > 0) return 2
  const name = signal()
  return read.cutShort && name !== undefined ? signalExitCode(name) : 0
}

/** Shows the timings under the waterfalls, and the report where there is room for it. */
function write({ options, display, stdout, status, stderr, readsStdin }: Conclusion, report: Report): void {
  if (display !== undefined) {
    const table = drawTimings(
      report.timings,
      readsStdin ? stderr : detectTerminal(process.stdout, process.env),
    )
    if (table !== '' && readsStdin) status.write(`\n${table}`)
    else if (table !== '') stdout.write(Buffer.from(`\n${table}`))
  }
  if (options.summary === 'json') {
    const json = reportJson(report)
    if (readsStdin || display !== undefined) status.write(json)
    else stdout.write(Buffer.from(json))
  } else if (!options.quiet) {
    status.write(`${display === undefined ? '' : '\n'}${drawReport(report, stderr, display === undefined)}`)
  }
}

/** The promise's value, or `otherwise` when it takes longer than `ms` or fails. */
async function soon<T>(promise: Promise<T>, ms: number, otherwise: T): Promise<T> {
  if (!Number.isFinite(ms)) return promise
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), Math.min(ms, 2 ** 31 - 1))
  })
  try {
    return await Promise.race([promise.catch(() => otherwise), late])
  } finally {
    clearTimeout(timer)
  }
}
