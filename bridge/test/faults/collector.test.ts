import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { type Behaviour, OtlpReceiver } from '../../../test/support/otlp-receiver.js'
import { summaryOf } from '../bridge-process.js'
import { eventually, HOLDS, SPANS, STREAM, useBench } from '../fault-setup.js'
import { streamBytes, streamPath } from '../support.js'

const bench = useBench()

describe('a collector in trouble', () => {
  it.each<[string, Behaviour[]]>([
    ['answers 503, 429 and 502 at first', [503, 429, 502, 503, 503, 429]],
    ['resets connections at first', ['reset', 'reset', 'reset', 'reset', 'reset']],
    ['closes connections at first', ['close', 'close', 'close', 'close', 'close']],
    ['hangs at first', ['hang', 'hang', 'hang', 'hang', 'hang']],
  ])('%s: every span arrives', async (_what, script) => {
    bench.receiver.script = script
    const result = await bench.start(['--summary=json', streamPath(STREAM)]).finished
    expect(result.code).toBe(0)
    expect(bench.receiver.spansById.size).toBe(SPANS)
    expect(summaryOf(result).spans).toEqual({ made: SPANS, delivered: SPANS, undelivered: 0 })
    expect(bench.receiver.total('storage_lock.hold.duration')).toBe(HOLDS)
  })

  it('answers half a body: what it took is not sent again', async () => {
    bench.receiver.behaviour = 'half'
    const result = await bench.start(['--summary=json', streamPath(STREAM)]).finished
    expect(result.code).toBe(0)
    expect(bench.receiver.spans).toHaveLength(SPANS)
  })

  it('is down at the start and comes up later: every span arrives', async () => {
    const { port } = bench.receiver
    await bench.receiver.close()
    const bridge = bench.start(['--summary=json', streamPath(STREAM)])
    await bridge.says('cannot deliver')
    bench.receiver = await OtlpReceiver.start({ port })
    const result = await bridge.finished
    expect(result.code).toBe(0)
    expect(result.stderr).toContain('delivering again')
    expect(bench.receiver.spansById.size).toBe(SPANS)
    expect(bench.receiver.total('storage_lock.acquire.duration')).toBe(48)
  })

  it('dies half-way and comes back: every span arrives', async () => {
    const { port } = bench.receiver
    const bridge = bench.start(['--summary=json'])
    await bridge.feed(streamBytes(STREAM))
    await bench.receiver.until(() => bench.receiver.spans.length > 500)
    const before = bench.receiver.spansById
    await bench.receiver.close()
    void bridge.end()
    await bridge.says('cannot deliver')
    bench.receiver = await OtlpReceiver.start({ port })
    const result = await bridge.finished
    expect(result.code).toBe(0)
    expect(new Set([...before.keys(), ...bench.receiver.spansById.keys()]).size).toBe(SPANS)
  })

  it('never comes: the exit status and the report tell exactly what was not delivered', async () => {
    bench.receiver.behaviour = 503
    const result = await bench.start(['--summary=json', '--give-up=1', streamPath(STREAM)]).finished
    expect(result.code).toBe(3)
    expect(summaryOf(result)).toMatchObject({
      spans: { made: SPANS, delivered: 0, undelivered: SPANS },
      metrics: { delivered: false },
      exitCode: 3,
    })
    expect(result.stderr).toContain('not delivered')
  })

  it('refuses some: the report tells how many', async () => {
    bench.receiver.script = [400, 400]
    const result = await bench.start(['--summary=json', streamPath(STREAM)]).finished
    expect(result.code).toBe(3)
    const { spans } = summaryOf(result)
    expect(spans.undelivered).toBeGreaterThan(0)
    expect(spans.undelivered).toBeLessThanOrEqual(200)
    expect(spans.delivered).toBe(bench.receiver.spansById.size)
    expect(spans.made).toBe(SPANS)
  })

  it('refuses all metrics, as one for traces does: it is told, and not tried until the patience is over', async () => {
    const begun = performance.now()
    const result = await bench.start(['--summary=json', '--give-up=300', streamPath(STREAM)], {
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${bench.receiver.endpoint}/elsewhere`,
    }).finished
    expect(performance.now() - begun).toBeLessThan(30_000)
    expect(result.code).toBe(3)
    expect(summaryOf(result)).toMatchObject({
      spans: { made: SPANS, delivered: SPANS, undelivered: 0 },
      metrics: { delivered: false, failure: 'HTTP 404 Not Found' },
    })
  }, 60_000)

  it('tells no secret of the headers, whatever goes wrong', async () => {
    bench.receiver.script = [401, 503, 400]
    const result = await bench.start(['--give-up=1', streamPath(STREAM)], {
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20geheim123',
      OTEL_LOG_LEVEL: 'debug',
    }).finished
    expect(bench.receiver.headers['authorization']).toBe('Bearer geheim123')
    expect(result.stderr + result.stdout.toString()).not.toContain('geheim123')
  })

  it('hangs behind a pipe: the writer is slowed, and the memory stays bounded', async () => {
    bench.receiver.behaviour = 'hang'
    const bridge = bench.start(['--summary=json', '--give-up=never'], { OTEL_EXPORTER_OTLP_TIMEOUT: '60000' })
    const chunk = streamBytes(STREAM)
    let written = 0
    let running = true
    const writing = (async () => {
      // Each round under other ids, as a service would go on.
      for (let round = 0; running && round < 200; round++) {
        const id = round.toString(16).padStart(4, '0')
        await bridge.feed(
          chunk.toString('latin1').replaceAll(/storage-lock-event-[0-9a-f]{4}/g, `storage-lock-event-${id}`),
        )
        written++
      }
    })()
    let before = -1
    let still = 0
    await eventually(async () => {
      await new Promise((resolve) => setTimeout(resolve, 300))
      still = written === before ? still + 1 : 0
      before = written
      return still >= 5
    })
    expect(written).toBeLessThan(100)
    const rss = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${bridge.child.pid}/status`, 'utf8'))?.[1]
    expect(Number(rss)).toBeLessThan(600_000)
    running = false
    bench.receiver.behaviour = 'ok'
    await bridge.kill()
    await writing
  }, 60_000)
})
