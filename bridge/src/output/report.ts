import type { LineCounts } from '../input/line-reader.js'
import type { Timing, Total } from '../telemetry/timings.js'
import { formatBytes, formatCount, formatSeconds, plural } from './quantity.js'
import { paint, sanitize, type Terminal } from './terminal.js'
import { drawTimings } from './timing-table.js'

/** What the bridge did, told at its end. */
export interface Report {
  readonly seconds: number
  readonly lines: Readonly<LineCounts>
  /** Root spans: one for each lock, unlock or create call. */
  readonly trees: number
  readonly spans: {
    readonly made: number
    /** `undefined` when no exporter was asked to deliver spans. */
    readonly delivered: number | undefined
    readonly undelivered: number
  }
  readonly metrics: {
    /** `undefined` when no exporter was asked to deliver metrics. */
    readonly delivered: boolean | undefined
    readonly failure: string | undefined
  }
  readonly timings: readonly Timing[]
  /** How often each bound was hit, by its name. */
  readonly dropped: Readonly<Record<string, number>>
  /** Events the listener refused. */
  readonly rejected: number
  /** Lines that stdout did not take, though nobody had closed it. */
  readonly linesLost: number
  readonly unreadable: readonly string[]
  /** The signal that ended it. */
  readonly signal: string | undefined
  readonly exitCode: number
}

/** Sums a counter over the groups with these labels. */
export function sumOf(
  totals: readonly Total[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  return totals
    .filter((total) => total.name === name)
    .filter((total) => Object.entries(labels).every(([key, value]) => total.labels[key] === value))
    .reduce((sum, total) => sum + total.value, 0)
}

/** How often each bound was hit, from the listener's own counter. */
export function droppedBy(totals: readonly Total[]): Record<string, number> {
  const dropped: Record<string, number> = {}
  for (const { name, labels, value } of totals) {
    if (name !== 'storage_lock.listener.dropped' || value === 0) continue
    const limit = labels['storage_lock.limit'] ?? 'unknown'
    dropped[limit] = (dropped[limit] ?? 0) + value
  }
  return dropped
}

/** The report for people. */
export function drawReport(report: Report, terminal: Terminal, withTimings: boolean): string {
  const { lines, spans, metrics } = report
  const out: string[] = []
  if (withTimings) {
    const table = drawTimings(report.timings, terminal)
    if (table !== '') out.push(table.trimEnd(), '')
  }
  const kinds = [
    plural(lines.events, 'event'),
    ...some(lines.empty, 'empty'),
    ...some(lines.broken, 'broken'),
    ...some(lines.overlong, 'too long'),
    ...some(lines.other, 'other'),
    ...some(lines.joined, 'joined to the line before'),
    ...some(lines.further, 'behind another on its line'),
  ]
  const took = formatSeconds(report.seconds, terminal.unicode)
  out.push(`${plural(lines.lines, 'line')} (${formatBytes(lines.bytes)}) in ${took}: ${kinds.join(', ')}`)
  const delivery =
    spans.delivered === undefined
      ? ''
      : `: ${formatCount(spans.delivered)} delivered, ${formatCount(spans.undelivered)} not delivered`
  const spanLine = `${plural(report.trees, 'tree')}, ${plural(spans.made, 'span')}${delivery}`
  out.push(spans.undelivered > 0 ? paint(terminal, 'red', spanLine) : spanLine)
  if (metrics.delivered === false) {
    const why = metrics.failure === undefined ? '' : `: ${sanitize(metrics.failure, terminal)}`
    out.push(paint(terminal, 'red', `the latest metrics were not delivered${why}`))
  }
  const drops = Object.entries(report.dropped).map(([limit, count]) => `${limit} ${formatCount(count)}`)
  if (drops.length > 0) out.push(paint(terminal, 'yellow', `bounds hit: ${drops.join(', ')}`))
  if (report.rejected > 0) out.push(paint(terminal, 'yellow', `${plural(report.rejected, 'event')} rejected`))
  if (report.linesLost > 0) {
    out.push(paint(terminal, 'red', `${plural(report.linesLost, 'line')} could not be written to stdout`))
  }
  if (report.signal !== undefined) out.push(`ended by ${report.signal}`)
  return `${out.join('\n')}\n`
}

/** The report for programs: one line of JSON. */
export function reportJson(report: Report): string {
  const { spans, metrics } = report
  return `${JSON.stringify({
    ...report,
    seconds: Math.round(report.seconds * 1000) / 1000,
    spans: { ...spans, delivered: spans.delivered ?? null },
    metrics: { delivered: metrics.delivered ?? null, failure: metrics.failure ?? null },
    signal: report.signal ?? null,
  })}\n`
}

const some = (count: number, what: string): string[] => (count === 0 ? [] : [`${formatCount(count)} ${what}`])
