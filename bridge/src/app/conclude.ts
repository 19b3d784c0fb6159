import type { OtelListener } from 'storage-lock-otel'
import type { BridgeOptions } from '../cli/options.js'
import type { Checkpoints } from '../input/checkpoints.js'
import type { InputClock } from '../input/clock.js'
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
  readonly clock: InputClock
  readonly checkpoints: Checkpoints | undefined
  readonly stdout: PassThrough
  readonly status: StatusLine
  readonly stderr: Terminal
  readonly read: ReadResult
  readonly readsStdin: boolean
  /** The signal that ended it, and when it came. */
  readonly signal: () => { readonly name: NodeJS.Signals; readonly at: number } | undefined
  /** Ms. */
  readonly giveUp: number
  readonly started: number
}

/** All deliveries end so long after a signal: sooner than the ten seconds after which Docker kills. */
export const STOP_WITHIN_MS = 6_000
/** Once spans were given up, the metrics have this long. */
const METRICS_AFTER_LOSS_MS = 1_000
/** A reader of stdout that is slow has this long to take the last lines. */
const STDOUT_MS = 30_000
/** An SDK or an output that does not end is left alone after this. */
const SHUTDOWN_MS = 1_000

/** The input is over: everything is settled, delivered, shown and reported. @returns the exit status */
export async function conclude(end: Conclusion): Promise<number> {
  const { options, listener, telemetry, counter, display, checkpoints, stdout, read } = end
  // Trees that are cut off by a signal, or whose locks are held at the end of a file, are read again by the next run:
  // so the look comes before everything is settled.
  if (end.signal() === undefined) end.clock.skip(options.settle)
  const look = checkpoints?.look()
  await listener.shutdown()
  const made = telemetry.delivery?.made ?? 0
  const flushed = performance.now()
  let spansDone = Number.POSITIVE_INFINITY
  const deadline = (): number => {
    const at = end.signal()?.at
    const lost = (telemetry.delivery?.undelivered ?? 0) > 0 ? spansDone + METRICS_AFTER_LOSS_MS : Infinity
    return Math.min(flushed + end.giveUp, lost, at === undefined ? Infinity : at + STOP_WITHIN_MS)
  }
  const [metricsArrived] = await Promise.all([
    telemetry.flushMetrics(deadline),
    (telemetry.delivery?.forceFlush() ?? Promise.resolve()).then(() => {
      spansDone = performance.now()
    }),
  ])
  if (look !== undefined) await checkpoints?.finish({ ...look, made })
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
    linesLost: stdout.lost,
    unreadable: read.unreadable,
    signal: end.signal()?.name,
    exitCode: exitCodeOf(end, metricsArrived),
  }
  write(end, report)
  await soon(stdout.end(), end.signal() === undefined ? STDOUT_MS : SHUTDOWN_MS)
  await soon(telemetry.shutdown(), SHUTDOWN_MS)
  return report.exitCode
}

function exitCodeOf({ telemetry, read, signal, stdout }: Conclusion, metricsArrived: boolean): number {
  if ((telemetry.delivery?.undelivered ?? 0) > 0 || !metricsArrived || stdout.lost > 0) return 3
  if (read.unreadable.length > 0) return 2
  const name = signal()?.name
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

/** Waits for the promise, but no longer than `ms`; a failure is as good as an end. */
async function soon(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  try {
    await Promise.race([promise.catch(() => undefined), late])
  } finally {
    clearTimeout(timer)
  }
}
