import { execFileSync } from 'node:child_process'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { summaryOf } from '../bridge-process.js'
import { eventually, SPANS, STREAM, useBench } from '../fault-setup.js'
import { streamBytes, streamPath } from '../support.js'

const bench = useBench()

describe('signals', () => {
  it.each<NodeJS.Signals>(['SIGTERM', 'SIGINT', 'SIGHUP'])(
    '%s: what was read from a pipe is delivered',
    async (name) => {
      const bridge = bench.start(['--summary=json', '--settle=60000'])
      await bridge.feed(streamBytes(STREAM))
      await bridge.feed('ordinary\n')
      await eventually(() => bridge.stdout.toString() === 'ordinary\n')
      bridge.signal(name)
      const result = await bridge.finished
      expect(result).toMatchObject({ code: 0, signal: null })
      expect(bench.receiver.spansById.size).toBe(SPANS)
      expect(summaryOf(result).signal).toBe(name)
    },
  )

  it('SIGTERM: a service that ends with it gets its last lines through', async () => {
    const bridge = bench.start(['--summary=json'])
    await bridge.feed('first\n')
    await eventually(() => bridge.stdout.length > 0)
    bridge.signal('SIGTERM')
    await bridge.feed(streamBytes('head/uncontended.ndjson'))
    await bridge.feed('last\n')
    const result = await bridge.finished
    expect(result.code).toBe(0)
    expect(result.stdout.toString()).toBe('first\nlast\n')
    expect(bench.receiver.spansById.size).toBe(29)
  })

  it('SIGTERM while the collector is away: it ends in time, with 3 and the count', async () => {
    bench.receiver.behaviour = 'hang'
    const bridge = bench.start(['--summary=json', streamPath(STREAM)], {
      OTEL_EXPORTER_OTLP_TIMEOUT: '60000',
    })
    await bench.receiver.until(() => bench.receiver.requests.size > 0)
    const begun = performance.now()
    bridge.signal('SIGTERM')
    const result = await bridge.finished
    expect(performance.now() - begun).toBeLessThan(15_000)
    expect(result.code).toBe(3)
    expect(summaryOf(result).spans).toMatchObject({ delivered: 0 })
    expect(summaryOf(result).spans.undelivered).toBe(summaryOf(result).spans.made)
  }, 60_000)

  it('SIGTERM while the writer of a named pipe is silent: it ends, though it waits for more', async () => {
    const path = join(bench.directory, 'pipe')
    execFileSync('mkfifo', [path])
    const bridge = bench.start(['--summary=json', path])
    const writer = await open(path, 'w')
    await writer.write(streamBytes('head/uncontended.ndjson'))
    await bench.receiver.until(() => bench.receiver.spansById.size > 0)
    bridge.signal('SIGTERM')
    const result = await bridge.finished
    await writer.close()
    expect(result).toMatchObject({ code: 0, signal: null })
    expect(bench.receiver.spansById.size).toBe(29)
  }, 30_000)

  it('a second SIGINT ends it at once', async () => {
    bench.receiver.behaviour = 'hang'
    const bridge = bench.start(['--summary=json', streamPath(STREAM)], {
      OTEL_EXPORTER_OTLP_TIMEOUT: '60000',
    })
    await bench.receiver.until(() => bench.receiver.requests.size > 0)
    bridge.signal('SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 200))
    const begun = performance.now()
    bridge.signal('SIGINT')
    expect((await bridge.finished).code).toBe(130)
    expect(performance.now() - begun).toBeLessThan(3000)
  })
})
