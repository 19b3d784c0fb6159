import type { Context } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base'

/** The finished spans of one trace. */
export interface StoredTrace {
  readonly traceId: string
  readonly spans: ReadableSpan[]
  /** Spans of this trace have been taken out before. */
  readonly continued: boolean
}

interface Entry {
  traceId: string
  spans: ReadableSpan[]
  continued: boolean
  /** When its latest span came, on the store's clock. */
  touched: number
  seconds: number
}

/** Spans kept at once: some 100 MB. */
const MAX_SPANS = 50_000
/** Traces that were taken out are remembered, so that later spans of theirs are shown as such. */
const MAX_REMEMBERED = 50_000

/**
 * Keeps finished spans, trace by trace, until they are drawn. When there are too many, the shortest traces go, and are
 * counted.
 */
export class TraceStore implements SpanProcessor {
  readonly #traces = new Map<string, Entry>()
  readonly #taken = new Set<string>()
  readonly #keep: number
  readonly #now: () => number
  #spans = 0
  #dropped = 0

  /** @param keep traces that are kept however many there are */
  constructor(keep: number, now: () => number = () => performance.now()) {
    this.#keep = keep
    this.#now = now
  }

  /** Traces that were let go without having been drawn. */
  get dropped(): number {
    return this.#dropped
  }

  get size(): number {
    return this.#traces.size
  }

  onStart(_span: Span, _context: Context): void {}

  onEnd(span: ReadableSpan): void {
    const { traceId } = span.spanContext()
    let entry = this.#traces.get(traceId)
    if (entry === undefined) {
      entry = { traceId, spans: [], continued: this.#taken.has(traceId), touched: 0, seconds: 0 }
      this.#traces.set(traceId, entry)
    }
    entry.spans.push(span)
    entry.touched = this.#now()
    entry.seconds = Math.max(entry.seconds, span.duration[0] + span.duration[1] / 1e9)
    if (++this.#spans > MAX_SPANS) this.#shrink()
  }

  forceFlush(): Promise<void> {
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    return Promise.resolve()
  }

  /** Takes out the traces that have had no new span for `ms`, in the order they began. */
  takeQuiet(ms: number): StoredTrace[] {
    const now = this.#now()
    return this.#take([...this.#traces.values()].filter((entry) => now - entry.touched >= ms))
  }

  /** Takes out the `count` slowest traces, slowest first, and drops the others; all, in order, if there are no more. */
  takeSlowest(count: number): StoredTrace[] {
    const entries = [...this.#traces.values()]
    if (entries.length <= count) return this.#take(entries)
    entries.sort((a, b) => b.seconds - a.seconds)
    const taken = entries.slice(0, count)
    this.#dropped += entries.length - count
    this.#traces.clear()
    this.#spans = 0
    return taken
  }

  #take(entries: Entry[]): StoredTrace[] {
    for (const { traceId, spans } of entries) {
      this.#traces.delete(traceId)
      this.#spans -= spans.length
      if (this.#taken.size < MAX_REMEMBERED) this.#taken.add(traceId)
    }
    return entries.sort((a, b) => compareStart(a.spans, b.spans))
  }

  #shrink(): void {
    const entries = [...this.#traces.values()].sort((a, b) => a.seconds - b.seconds)
    for (const entry of entries.slice(0, Math.max(0, entries.length - this.#keep))) {
      if (this.#spans <= MAX_SPANS / 2) return
      this.#traces.delete(entry.traceId)
      this.#spans -= entry.spans.length
      this.#dropped++
    }
  }
}

function compareStart(a: readonly ReadableSpan[], b: readonly ReadableSpan[]): number {
  const [first, second] = [earliest(a), earliest(b)]
  return first[0] - second[0] || first[1] - second[1]
}

function earliest(spans: readonly ReadableSpan[]): readonly [number, number] {
  let first: readonly [number, number] = [Number.POSITIVE_INFINITY, 0]
  for (const { startTime } of spans) {
    if (startTime[0] < first[0] || (startTime[0] === first[0] && startTime[1] < first[1])) first = startTime
  }
  return first
}
