import { describe, expect, it } from 'vitest'
import { OtlpReceiver } from '../../../test/support/otlp-receiver.js'
import { summaryOf } from '../bridge-process.js'
import { SPANS, STREAM, useBench } from '../fault-setup.js'
import { streamBytes, streamPath } from '../support.js'

// The few that `npm test` runs; test/faults has the rest.
const bench = useBench()

describe('delivery', () => {
  it('waits for a collector that comes up later: every span arrives', async () => {
    const { port } = bench.receiver
    await bench.receiver.close()
    const bridge = bench.start(['--summary=json', streamPath(STREAM)])
    await bridge.says('cannot deliver')
    bench.receiver = await OtlpReceiver.start({ port })
    const result = await bridge.finished
    expect(result).toMatchObject({ code: 0, signal: null })
    expect(bench.receiver.spansById.size).toBe(SPANS)
    expect(bench.receiver.total('storage_lock.acquire.duration')).toBe(48)
  })

  it('that fails for good makes the exit status 3, and the report exact', async () => {
    bench.receiver.behaviour = 503
    const result = await bench.start(['--summary=json', '--give-up=1', streamPath(STREAM)]).finished
    expect(result.code).toBe(3)
    expect(summaryOf(result)).toMatchObject({
      spans: { made: SPANS, delivered: 0, undelivered: SPANS },
      metrics: { delivered: false },
      exitCode: 3,
    })
  })

  it.each(['http/json', 'http/protobuf'])(
    'counts the spans that a collector refuses of a request: %s',
    async (protocol) => {
      bench.receiver.rejects = 3
      const bridge = bench.start(['--summary=json', streamPath('head/uncontended.ndjson')], {
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      })
      const result = await bridge.finished
      expect(result.code).toBe(3)
      expect(summaryOf(result).spans).toEqual({ made: 29, delivered: 26, undelivered: 3 })
    },
  )

  it('is finished after SIGTERM', async () => {
    const bridge = bench.start(['--summary=json', '--settle=60000'])
    await bridge.feed(streamBytes(STREAM))
    await bridge.feed('ordinary\n')
    while (bridge.stdout.toString() !== 'ordinary\n') await new Promise((resolve) => setTimeout(resolve, 20))
    bridge.signal('SIGTERM')
    expect(await bridge.finished).toMatchObject({ code: 0, signal: null })
    expect(bench.receiver.spansById.size).toBe(SPANS)
  })
})
