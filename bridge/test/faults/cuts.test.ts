import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createTelemetry } from '../../../test/support/telemetry.js'
import { Intake } from '../../src/app/intake.js'
import { runBridge, summaryOf } from '../bridge-process.js'
import { streamBytes } from '../support.js'
import { baselineOf, contents, endpointOf, figure, useBench } from './support.js'

const bench = useBench()

interface Cut {
  readonly events: number
  readonly broken: number
  readonly other: number
  readonly spans: readonly string[]
}

/** What the bridge makes of these bytes, in this process. */
async function told(bytes: Buffer): Promise<Cut> {
  const telemetry = createTelemetry({ settle: 250, clock: { now: () => 0 } })
  const intake = new Intake(
    {
      event: (event) => telemetry.listener.on(undefined, event),
      broken: () => undefined,
      pass: () => undefined,
      pressure: () => undefined,
    },
    1024 * 1024,
  )
  const input = intake.open({ name: 'cut', passes: true })
  await input.feed(bytes)
  await input.end()
  await telemetry.listener.shutdown()
  const spans = telemetry.spans().map((span) => span.spanContext().spanId)
  await telemetry.close()
  const { events, broken, other } = intake.counts
  return { events, broken, other, spans }
}

it.each(['head/uncontended.ndjson', 'head/watchdog.ndjson', 'head/timeout.ndjson'])(
  '%s cut at every byte of its last line: the line is whole, or told as broken; the rest is as it was',
  async (stream) => {
    const bytes = streamBytes(stream)
    const lastLine = bytes.lastIndexOf(10, bytes.length - 2) + 1
    const without = await told(bytes.subarray(0, lastLine))
    const whole = await told(bytes)
    expect(whole.events).toBe(without.events + 1)
    for (let end = lastLine + 1; end < bytes.length; end++) {
      const cut = await told(bytes.subarray(0, end))
      const complete = end === bytes.length - 1
      expect(cut.spans).toEqual(complete ? whole.spans : without.spans)
      expect(cut.events).toBe(complete ? whole.events : without.events)
      expect(cut.broken + cut.other).toBe(complete ? 0 : 1)
      // As soon as it can be known for an event it is reported as one.
      if (!complete && end - lastLine > 200) expect(cut.broken).toBe(1)
    }
    figure(`${stream} cut at every byte of its last line`, { cuts: bytes.length - lastLine - 1, crashes: 0 })
  },
)

it('cut anywhere, the real bridge delivers what was over and says what is broken', async () => {
  const stream = 'head/expired.ndjson'
  const bytes = streamBytes(stream)
  const path = join(bench.directory, 'cut.log')
  const baseline = await baselineOf(stream)
  for (let sample = 1; sample <= 6; sample++) {
    const end = Math.floor((bytes.length * sample) / 7) + sample
    await writeFile(path, bytes.subarray(0, end))
    bench.receiver.spans.length = 0
    const result = await runBridge(['--summary=json', path], { env: endpointOf(bench.receiver) })
    expect(result.code).toBe(0)
    const { lines, spans } = summaryOf(result)
    const complete = bytes.subarray(0, end).toString('latin1').split('\n').length - 1
    expect(lines.events + lines.broken).toBe(complete + (lines.broken === 1 ? 1 : 0))
    expect(spans.delivered).toBe(bench.receiver.spans.length)
    const received = contents(bench.receiver)
    expect(received.size).toBe(bench.receiver.spans.length)
    for (const id of received.keys()) expect(baseline.has(id)).toBe(true)
    const roots = bench.receiver.spans.filter((span) => span.parentSpanId === '')
    const unfinished = roots.filter((span) => span.attributes['storage_lock.unfinished'] === true)
    expect(unfinished.length).toBeGreaterThan(0)
    expect(new Set(roots.map((span) => span.traceId)).size).toBe(roots.length)
  }
})
