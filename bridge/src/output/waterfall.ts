import { type HrTime, SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { formatSeconds, plural } from './quantity.js'
import { fit, fitName, padEnd, padStart, paint, sanitize, type Terminal, widthOf } from './terminal.js'

export interface WaterfallOptions {
  readonly terminal: Terminal
  /** Rows of one trace, beyond which its middle is folded. @default 40 */
  readonly maxRows?: number
  /** The trace has been drawn before; these spans came later. */
  readonly continued?: boolean
}

interface Row {
  readonly span: ReadableSpan
  readonly depth: number
}

const DURATION_COLUMNS = 10
const MAX_INDENT = 12
/** From here on there is room for more than a mark beside a span that failed. */
const WIDE_COLUMNS = 70
const NARROW_NOTES = 2

/** Draws the spans of one trace: a header, then a row for each span with a bar over the trace's time. */
export function drawTrace(spans: readonly ReadableSpan[], options: WaterfallOptions): string {
  const { terminal } = options
  const rows = arrange(spans)
  const first = rows[0]
  if (first === undefined) return ''
  let start = nanoseconds(first.span.startTime)
  let end = start
  for (const { span } of rows) {
    start = min(start, nanoseconds(span.startTime))
    end = max(end, nanoseconds(span.endTime))
  }
  const lines = header(first.span, spans, { ...options, seconds: Number(end - start) / 1e9 })
  const layout = layoutFor(rows, terminal)
  const { head, tail, folded } = fold(rows, options.maxRows ?? 40)
  for (const row of head) lines.push(drawRow(row, layout, start, end, terminal))
  if (folded > 0) {
    const text = `${terminal.unicode ? '…' : '...'} ${plural(folded, 'more span')}`
    lines.push(`  ${paint(terminal, 'dim', fit(text, terminal.columns - 2, terminal))}`)
  }
  for (const row of tail) lines.push(drawRow(row, layout, start, end, terminal))
  return `${lines.join('\n')}\n`
}

/** The spans as a list in which each follows its parent, with its depth. A span without its parent is a root. */
function arrange(spans: readonly ReadableSpan[]): Row[] {
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]))
  const children = new Map<string, ReadableSpan[]>()
  const roots: ReadableSpan[] = []
  for (const span of byId.values()) {
    const parent = span.parentSpanContext?.spanId
    if (parent === undefined || !byId.has(parent)) roots.push(span)
    else if (children.has(parent)) children.get(parent)!.push(span)
    else children.set(parent, [span])
  }
  const rows: Row[] = []
  const stack = byStart(roots).map((span) => ({ span, depth: 0 }))
  const seen = new Set<string>()
  const visit = (): void => {
    for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
      const id = row.span.spanContext().spanId
      if (seen.has(id)) continue
      seen.add(id)
      rows.push(row)
      const { depth } = row
      for (const span of byStart(children.get(id) ?? [])) stack.push({ span, depth: depth + 1 })
    }
  }
  visit()
  // Only spans in a circle of parents are left over.
  for (const span of byId.values()) {
    if (!seen.has(span.spanContext().spanId)) stack.push({ span, depth: 0 })
    visit()
  }
  return rows
}

/** Latest first: the list is taken from its end. */
function byStart(spans: readonly ReadableSpan[]): ReadableSpan[] {
  return [...spans].sort(
    (a, b) =>
      b.startTime[0] - a.startTime[0] || b.startTime[1] - a.startTime[1] || b.endTime[0] - a.endTime[0],
  )
}

function header(
  root: ReadableSpan,
  spans: readonly ReadableSpan[],
  { terminal, continued, seconds }: WaterfallOptions & { seconds: number },
): string[] {
  const { attributes } = root
  const text = (key: string): string | undefined => {
    const value = attributes[key] ?? spans.find((span) => span.attributes[key] !== undefined)?.attributes[key]
    return value === undefined || value === '' ? undefined : sanitize(String(value), terminal)
  }
  const failed = spans.some((span) => span.status.code === SpanStatusCode.ERROR)
  const outcome = attributes['storage_lock.outcome']
  const verdict = outcome === undefined ? (failed ? 'error' : undefined) : sanitize(String(outcome), terminal)
  const events = spans.reduce((count, span) => count + span.events.length, 0)
  const contended = attributes['storage_lock.contended'] === true ? ' (contended)' : ''
  const title: [string, 'bold' | 'cyan' | 'red' | 'green' | undefined][] = [
    [sanitize(root.name, terminal) + (continued === true ? ' (continued)' : ''), 'bold'],
    [text('storage_lock.lock.id') ?? '', 'cyan'],
    [text('storage_lock.owner.id') ?? '', undefined],
    [verdict === undefined ? '' : verdict + contended, failed ? 'red' : 'green'],
    [formatSeconds(seconds, terminal.unicode), undefined],
  ]
  const details: typeof title = [
    [new Date(root.startTime[0] * 1000 + root.startTime[1] / 1e6).toISOString(), undefined],
    [text('storage_lock.storage.name') ?? '', undefined],
    [plural(spans.length, 'span'), undefined],
    [plural(events, 'event'), undefined],
    [`trace ${root.spanContext().traceId}`, undefined],
  ]
  const dim = (line: string): string => paint(terminal, 'dim', line)
  return [
    ...flow(title, terminal, (piece, style) => (style === undefined ? piece : paint(terminal, style, piece))),
    ...flow(details, terminal, dim),
  ]
}

/** Pieces one after another, in as many lines as they need. */
function flow<Style>(
  pieces: readonly (readonly [string, Style])[],
  terminal: Terminal,
  dress: (piece: string, style: Style) => string,
): string[] {
  const lines: string[] = []
  let line = ''
  let width = 0
  for (const [text, style] of pieces) {
    if (text === '') continue
    const indent = lines.length > 0 && width === 0 ? 2 : 0
    const piece = fit(text, terminal.columns - 2, terminal)
    const columns = widthOf(piece)
    if (width > 0 && width + 2 + columns > terminal.columns) {
      lines.push(line)
      line = `  ${dress(piece, style)}`
      width = 2 + columns
    } else {
      line += `${width > 0 ? '  ' : ' '.repeat(indent)}${dress(piece, style)}`
      width += columns + (width > 0 ? 2 : indent)
    }
  }
  if (line !== '') lines.push(line)
  return lines
}

interface Layout {
  readonly name: number
  readonly bar: number
  readonly notes: number
}

function layoutFor(rows: readonly Row[], terminal: Terminal): Layout {
  const widest = rows.reduce(
    (width, { span, depth }) => Math.max(width, indentOf(depth) + widthOf(sanitize(span.name))),
    0,
  )
  const notes = terminal.columns >= WIDE_COLUMNS ? 12 : NARROW_NOTES
  const name = Math.min(widest + 2, Math.max(16, Math.floor(terminal.columns * 0.42)))
  return { name, notes, bar: Math.max(6, terminal.columns - 2 - name - 1 - DURATION_COLUMNS - notes) }
}

const indentOf = (depth: number): number => Math.min(depth, MAX_INDENT) * 2

function drawRow(
  { span, depth }: Row,
  layout: Layout,
  start: bigint,
  end: bigint,
  terminal: Terminal,
): string {
  const failed = span.status.code === SpanStatusCode.ERROR
  const indent = ' '.repeat(Math.min(indentOf(depth), Math.max(0, layout.name - 8)))
  const label = indent + fitName(sanitize(span.name, terminal), layout.name - indent.length, terminal)
  const seconds = Number(nanoseconds(span.endTime) - nanoseconds(span.startTime)) / 1e9
  const unpublished = span.attributes['storage_lock.event.published'] === false
  const name = padEnd(label, layout.name)
  const line =
    `  ${unpublished ? paint(terminal, 'dim', name) : failed ? paint(terminal, 'red', name) : name}` +
    ` ${bar(span, layout.bar, start, end, terminal)}` +
    padStart(formatSeconds(seconds, terminal.unicode), DURATION_COLUMNS)
  const notes = notesOf(span, failed, layout, terminal)
  const gap = layout.notes === NARROW_NOTES ? ' ' : '  '
  return (notes === '' ? line : line + gap + notes).trimEnd()
}

function notesOf(span: ReadableSpan, failed: boolean, layout: Layout, terminal: Terminal): string {
  if (layout.notes === NARROW_NOTES) return failed ? paint(terminal, 'red', '!') : ''
  if (failed) {
    const type = span.attributes['error.type']
    const text = `! ${type === undefined ? 'error' : sanitize(String(type), terminal)}`
    return paint(terminal, 'red', fit(text, layout.notes - 2, terminal))
  }
  return span.events.length === 0 ? '' : paint(terminal, 'dim', `${span.events.length} ev`)
}

function bar(span: ReadableSpan, columns: number, start: bigint, end: bigint, terminal: Terminal): string {
  const total = Number(end - start)
  const scale = (time: HrTime): number =>
    total === 0 ? 0 : (Number(nanoseconds(time) - start) / total) * columns
  const from = Math.min(Math.floor(scale(span.startTime)), columns - 1)
  const to = Math.min(Math.max(Math.ceil(scale(span.endTime)), from + 1), columns)
  const tiny = scale(span.endTime) - scale(span.startTime) < 0.5
  const cell = terminal.unicode ? (tiny ? '╸' : '━') : tiny ? '|' : '='
  const style = span.status.code === SpanStatusCode.ERROR ? 'red' : 'cyan'
  const drawn = paint(terminal, style, cell.repeat(to - from))
  return ' '.repeat(from) + drawn + ' '.repeat(columns - to)
}

/** The first rows and the last ones, when there are too many. */
function fold(
  rows: readonly Row[],
  most: number,
): { head: readonly Row[]; tail: readonly Row[]; folded: number } {
  if (rows.length <= most) return { head: rows, tail: [], folded: 0 }
  const head = Math.ceil((most * 2) / 3)
  const tail = most - head
  return { head: rows.slice(0, head), tail: rows.slice(rows.length - tail), folded: rows.length - most }
}

const nanoseconds = ([seconds, nanos]: HrTime): bigint => BigInt(seconds) * 1_000_000_000n + BigInt(nanos)
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
