import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { LineReader, newLineCounts } from '../../bridge/src/input/line-reader.js'
import { LineSplitter } from '../../bridge/src/input/lines.js'
import { sanitize } from '../../bridge/src/output/terminal.js'
import {
  type Event,
  EventIdGenerator,
  EventSyntaxError,
  eventFromJson,
  eventToJson,
  formatRfc3339,
  LockInformation,
  OtelListener,
  parseRfc3339,
} from '../../src/index.js'

/** Takes any bytes; throws when something that must hold does not. */
export type Target = (bytes: Uint8Array) => void

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`does not hold: ${what}`)
}

const sorted = (bytes: Uint8Array): Buffer => Buffer.from(bytes).sort()

/** Longest line that the reader of the fuzz targets looks at: short, so that long ones occur. */
const MAX_LINE = 2048

interface ReadLines {
  readonly events: Event[]
  readonly told: string[]
  readonly passed: Buffer
  readonly counts: ReturnType<typeof newLineCounts>
}

function readLines(bytes: Buffer, chunk: number): ReadLines {
  const events: Event[] = []
  const told: string[] = []
  const passed: Buffer[] = []
  const counts = newLineCounts()
  const reader = new LineReader(
    'fuzz',
    {
      event: (event, { line, offset }) => {
        events.push(event)
        told.push(`${line} ${offset} ${event.toJson()}`)
      },
      broken: (reason, { line }) => told.push(`${line} ${reason}`),
      other: (piece) => passed.push(Buffer.from(piece)),
    },
    counts,
    MAX_LINE,
  )
  const splitter = new LineSplitter(reader, { maxLineBytes: MAX_LINE })
  for (let at = 0; at < bytes.length; at += chunk) splitter.push(Buffer.from(bytes.subarray(at, at + chunk)))
  splitter.end()
  reader.end()
  return { events, told, passed: Buffer.concat(passed), counts }
}

/** The reader of lines: however the bytes come in, they are the same lines, and none is lost. */
function lines(bytes: Uint8Array): void {
  const input = Buffer.from(bytes.subarray(1))
  const whole = readLines(input, Math.max(1, input.length))
  const { counts } = whole
  const kinds = counts.events + counts.empty + counts.broken + counts.other + counts.overlong + counts.joined
  check(counts.lines + counts.further === kinds, `${counts.lines} lines are ${kinds} of all kinds`)
  check(counts.bytes === input.length, `${counts.bytes} of ${input.length} bytes are counted`)
  check(whole.events.length === counts.events, 'every event counted is told')
  // A part that waited for the rest of its line is passed on later than what came after it.
  if (counts.events === 0)
    check(sorted(whole.passed).equals(sorted(input)), 'what is no event passes unchanged')
  check(whole.passed.length <= input.length, 'nothing is passed on twice')
  const inChunks = readLines(input, 1 + ((bytes[0] ?? 0) % 97))
  check(inChunks.told.join('\n') === whole.told.join('\n'), 'chunks change nothing that is told')
  check(inChunks.passed.equals(whole.passed), 'chunks change nothing that is passed on')
}

/** The codec: a text is an event or an EventSyntaxError; what it reads it writes, and reads the same again. */
function codec(bytes: Uint8Array): void {
  const text = Buffer.from(bytes).toString('utf8')
  const time = parseRfc3339(text)
  if (time !== undefined) {
    const again = parseRfc3339(formatRfc3339(time))
    check(again?.[0] === time[0] && again[1] === time[1], `the time ${text} survives`)
  }
  try {
    const information = LockInformation.fromJson(text)
    check(LockInformation.fromJson(information.toJson()).toJson() === information.toJson(), 'a lock survives')
  } catch (error) {
    check(error instanceof EventSyntaxError, `EventSyntaxError, not ${String(error)}`)
  }
  let event: Event
  try {
    event = eventFromJson(text)
  } catch (error) {
    check(error instanceof EventSyntaxError, `EventSyntaxError, not ${String(error)}`)
    return
  }
  const written = eventToJson(event)
  check(eventToJson(eventFromJson(written)) === written, 'an event that was written is read as it was')
}

/** The listener: whatever events come, each span is sound, each id unique, no parent missing. */
function listener(bytes: Uint8Array): void {
  const flags = bytes[0] ?? 0
  const exporter = new InMemorySpanExporter()
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 2 ** 30 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  const otel = new OtelListener({
    tracerProvider: new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(exporter)],
      idGenerator: new EventIdGenerator(),
    }),
    meterProvider,
    detail: (['full', 'compact', 'operation', 'full'] as const)[flags & 3] ?? 'full',
    ownerId: flags & 4 ? 'drop' : 'keep',
    settle: 100,
    clock: { now: () => 0 },
    limits: { openTrees: 8, eventsPerTree: 16, retainedEvents: 64, rememberedTrees: 4, holds: 4 },
  })
  try {
    for (const event of readLines(Buffer.from(bytes.subarray(1)), 4096).events) {
      otel.on(undefined, event)
      // An event can be changed by its publisher afterwards.
      if (flags & 8) event.actions.length = 0
    }
    otel.flushSync()
    const spans = exporter.getFinishedSpans()
    for (const span of spans) {
      const { traceId, spanId } = span.spanContext()
      check(/^(?!0{32})[0-9a-f]{32}$/.test(traceId), `${traceId} is a trace id`)
      check(/^(?!0{16})[0-9a-f]{16}$/.test(spanId), `${spanId} is a span id`)
      check(span.duration[0] >= 0 && span.duration[1] >= 0, 'a span ends after it starts')
      check(Number.isFinite(span.startTime[0] + span.startTime[1]), 'a span starts at a time')
      sanitize(span.name)
    }
  } finally {
    void otel.shutdown()
    void meterProvider.shutdown()
  }
}

export const targets: Readonly<Record<string, Target>> = { lines, codec, listener }
