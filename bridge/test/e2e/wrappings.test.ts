import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { OtlpReceiver } from '../../../test/support/otlp-receiver.js'
import { eventsOf, linesOf, unpublishedOf } from '../../../test/support/streams.js'
import { ensureBuilt, runBridge, summaryOf } from '../bridge-process.js'
import { eventLine, streamBytes } from '../support.js'

let receiver: OtlpReceiver
beforeAll(ensureBuilt, 180_000)
beforeEach(async () => {
  receiver = await OtlpReceiver.start()
})
afterEach(() => receiver.close())

/** What services print between their events, bytes that are no UTF-8 among it. */
const ORDINARY: readonly Buffer[] = [
  Buffer.from('plain text, no event'),
  Buffer.from('{"level":"info","msg":"request","root_id":"of something else"}'),
  Buffer.from(String.raw`{"level":"info","json":"{\"id\":\"not an event\"}"}`),
  Buffer.from([0xff, 0xfe, 0x00, 0x9f, 0x0d]),
  Buffer.from(''),
  Buffer.from('\tat main.main(main.go:36) \u001b[31mred\u001b[0m'),
  Buffer.from('x'.repeat(40_000)),
]

type Wrapping = (line: Buffer, stream: string) => Buffer[]

const SIZE = 16 * 1024
const time = '2026-11-22T09:34:47.200000000Z'

const cri: Wrapping = (line, stream) => {
  const parts: Buffer[] = []
  for (let at = 0; at === 0 || at < line.length; at += SIZE) {
    const tag = at + SIZE >= line.length ? 'F' : 'P'
    parts.push(Buffer.concat([Buffer.from(`${time} ${stream} ${tag} `), line.subarray(at, at + SIZE)]))
  }
  return parts
}

const docker: Wrapping = (line, stream) => {
  const whole = Buffer.concat([line, Buffer.from('\n')])
  const parts: Buffer[] = []
  for (let at = 0; at < whole.length; at += SIZE) {
    parts.push(Buffer.from(JSON.stringify({ log: whole.toString('latin1', at, at + SIZE), stream, time })))
  }
  return parts
}

const zap = (line: string): string =>
  JSON.stringify({ level: 'info', ts: 1_795_342_575.4, caller: 'listener.go:33', msg: line })

/** The spans that a stream must become, without the holds. */
function expectAll(lines: readonly string[]): void {
  const events = eventsOf(lines)
  const spans = [...receiver.spansById.values()].filter((span) => span.name !== 'StorageLock.Hold')
  expect(spans).toHaveLength(events.size + unpublishedOf(events).size)
  const ids = new Set(spans.map((span) => span.attributes['storage_lock.event.id']))
  expect([...events.keys()].filter((id) => !ids.has(id))).toEqual([])
}

/** A long event among others: a lock held for long. */
function linesWithLong(): string[] {
  const lines = linesOf('head/watchdog.ndjson')
  const [first = ''] = lines
  const { root_id } = JSON.parse(first) as { root_id: string }
  const action = { start_time: '2026-11-22T09:34:50Z', end_time: null, name: 'WatchDog.Refresh', err: null }
  const actions = Array.from({ length: 400 }, () => ({ ...action, payload_map: { refreshSuccessCount: 1 } }))
  const long = eventLine({
    id: 'storage-lock-event-0000000000000000000000000000abcd',
    root_id,
    parent_id: root_id,
    actions,
  })
  expect(long.length).toBeGreaterThan(3 * SIZE)
  return [...lines.slice(0, 10), long, ...lines.slice(10)]
}

describe.each<[string, Wrapping]>([
  ['bare lines', (line) => [line]],
  ['Kubernetes lines', cri],
  ['Docker records', docker],
])('%s mixed with ordinary lines', (_name, wrap) => {
  it('give every event, and the other lines byte for byte', async () => {
    const lines = linesWithLong()
    const input: Buffer[] = []
    const others: Buffer[] = []
    lines.forEach((line, index) => {
      // Events on stdout, ordinary lines on stderr between the parts of a long event.
      const text = Buffer.from(index % 2 === 0 ? line : zap(line))
      const between = wrap(ORDINARY[index % ORDINARY.length]!, 'stderr')
      const parts = wrap(text, 'stdout')
      input.push(...parts.slice(0, 1), ...between, ...parts.slice(1))
      others.push(...between)
    })
    const join = (buffers: readonly Buffer[]): Buffer =>
      Buffer.concat(buffers.flatMap((buffer) => [buffer, Buffer.from('\n')]))
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint }
    const result = await runBridge(['--summary', 'json'], { input: join(input), env })
    expect(result.code).toBe(0)
    expect(result.stdout.equals(join(others))).toBe(true)
    expectAll(lines)
    expect(summaryOf(result)).toMatchObject({
      lines: { events: lines.length, broken: 0, lines: input.length },
    })
  })
})

describe('the output of the zap listener', () => {
  it.each(['zap/production.log', 'zap/development.log'])(
    '%s gives its events and keeps its other records',
    async (name) => {
      const input = streamBytes(name)
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint }
      const result = await runBridge([], { input, env })
      expect(result.code).toBe(0)
      const others = input
        .toString()
        .split('\n')
        .filter((line) => !line.includes('storage-lock-event-'))
      expect(result.stdout.toString()).toBe(others.join('\n'))
      const roots = receiver.spans.filter((span) => span.parentSpanId === '').map((span) => span.name)
      expect(roots.sort()).toEqual(['StorageLock.Create', 'StorageLock.Lock', 'StorageLock.Unlock'])
      expect(receiver.total('storage_lock.hold.duration')).toBe(1)
    },
  )
})
