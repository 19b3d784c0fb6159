import type { Timing } from '../telemetry/timings.js'
import { formatCount, formatSeconds } from './quantity.js'
import { fit, padEnd, padStart, paint, sanitize, type Terminal, widthOf } from './terminal.js'

const PREFIX = 'storage_lock.'

/** The order in which people ask: how long did it take to get the lock, how long was it held, and so on. */
const ORDER = [
  'acquire.duration',
  'acquire.attempts',
  'hold.duration',
  'release.duration',
  'renewal.duration',
  'renewal.headroom',
  'storage.operation.duration',
]

const NUMBER_COLUMNS = 9
/** Least room for a label beside its numbers. */
const LABEL_COLUMNS = 24

/** The histograms as a table: a row for each instrument and its main labels. */
export function drawTimings(timings: readonly Timing[], terminal: Terminal): string {
  const rows = [...timings].filter((timing) => timing.count > 0).sort(compare)
  if (rows.length === 0) return ''
  const wide = terminal.columns >= LABEL_COLUMNS + 5 * NUMBER_COLUMNS
  const heads = wide ? ['count', 'p50', 'p90', 'p99', 'max'] : ['count', 'p50', 'p99', 'max']
  const numbers = heads.length * NUMBER_COLUMNS
  // Where the numbers leave no room for a label beside them, it stands above them.
  const beside = terminal.columns - numbers >= LABEL_COLUMNS
  const labels = rows.map((row) => labelOf(row, terminal))
  const widest = Math.max(...labels.map(widthOf), 'lock timing'.length)
  const width = beside
    ? Math.min(widest, terminal.columns - numbers)
    : Math.max(0, terminal.columns - numbers)
  const head = heads.map((text) => padStart(text, NUMBER_COLUMNS)).join('')
  const lines = [
    paint(terminal, 'bold', beside ? padEnd('lock timing', width) + head : `lock timing\n${head}`),
  ]
  rows.forEach((row, index) => {
    const show = (value: number): string => padStart(formatValue(value, row.unit, terminal), NUMBER_COLUMNS)
    const values = wide ? [row.p50, row.p90, row.p99, row.max] : [row.p50, row.p99, row.max]
    const cells = padStart(formatCount(row.count), NUMBER_COLUMNS) + values.map(show).join('')
    const label = fit(labels[index]!, beside ? width : terminal.columns, terminal)
    if (beside) lines.push(padEnd(label, width) + cells)
    else lines.push(label, cells)
  })
  return `${lines.join('\n')}\n`
}

/** The instrument without what every row has, then its labels, the outcome first. */
function labelOf({ name, labels }: Timing, terminal: Terminal): string {
  const { [OPERATION]: operation, [OUTCOME]: outcome, [CONTENDED]: contended, ...others } = labels
  // A timeout's error type says no more than its outcome.
  const words = [...new Set([operation, outcome, ...Object.values(others)])].filter(
    (word) => word !== undefined,
  )
  if (contended !== undefined) words.push(contended === 'true' ? 'contended' : 'uncontended')
  return [shortName(name).replace(/\.duration$/, ''), ...words.map((word) => sanitize(word, terminal))].join(
    ' ',
  )
}

const OPERATION = `${PREFIX}operation`
const OUTCOME = `${PREFIX}outcome`
const CONTENDED = `${PREFIX}contended`

const shortName = (name: string): string => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name)

function formatValue(value: number, unit: string, terminal: Terminal): string {
  if (unit === 's') return formatSeconds(value, terminal.unicode)
  // Counts are whole; a percentile is told by the middle of its bucket.
  return formatCount(value)
}

function compare(a: Timing, b: Timing): number {
  return (
    rank(a) - rank(b) ||
    a.name.localeCompare(b.name, 'en') ||
    JSON.stringify(a.labels).localeCompare(JSON.stringify(b.labels), 'en')
  )
}

function rank({ name }: Timing): number {
  const index = ORDER.indexOf(shortName(name))
  return index === -1 ? ORDER.length : index
}
