import { describe, expect, it } from 'vitest'
import type { Behaviour } from '../../../test/support/otlp-receiver.js'
import { summaryOf } from '../bridge-process.js'
import { streamBytes, streamPath } from '../support.js'
import {
  baselineOf,
  contents,
  eventually,
  figure,
  LONG,
  MemoryMeter,
  pause,
  toMB,
  useBench,
} from './support.js'

const bench = useBench()
const STREAM = 'head/contention.ndjson'
/** How long a collector stays away, in ms. */
const OUTAGE = LONG ? 30_000 : 4_000

/** Every span arrived, and says what it says when nothing goes wrong. */
async function expectAll(received: Map<string, string>): Promise<number> {
  const baseline = await baselineOf(STREAM)
  expect(received.size).toBe(baseline.size)
  for (const [id, content] of baseline) expect(received.get(id)).toBe(content)
  return baseline.size
}

describe('with a file as its input, everything arrives once the collector is back', () => {
  it.each<[string, Behaviour]>([
    ['answers 503', 503],
    ['hangs', 'hang'],
  ])('when it %s for a while', async (what, behaviour) => {
    const { receiver } = bench
    receiver.behaviour = behaviour
    const bridge = bench.start(['--summary=json', streamPath(STREAM)])
    await receiver.until(() => (receiver.requests.get('/v1/traces') ?? 0) >= 2)
    await pause(OUTAGE)
    expect(receiver.spans).toHaveLength(0)
    receiver.behaviour = 'ok'
    const result = await bridge.finished
    expect(result.code).toBe(0)
    const size = await expectAll(contents(receiver))
    expect(summaryOf(result)).toMatchObject({
      spans: { made: size, delivered: size, undelivered: 0 },
      metrics: { delivered: true },
    })
    expect(receiver.total('storage_lock.acquire.duration')).toBe(48)
    figure(`collector ${what}`, { 'seconds away': OUTAGE / 1000, spans: size, lost: 0 })
  })

  it('when it was down at the start and comes up later', async () => {
    await bench.receiver.close()
    const bridge = bench.start(['--summary=json', streamPath(STREAM)])
    await bridge.says('cannot deliver')
    await pause(OUTAGE)
    const revived = await bench.revive()
    const result = await bridge.finished
    expect(result.code).toBe(0)
    const spans = await expectAll(contents(revived))
    figure('collector down at the start', { 'seconds away': OUTAGE / 1000, spans, lost: 0 })
  })

  it('when it dies mid-way, over and over', async () => {
    const all = [bench.receiver]
    // It takes one request, and dies before it answers the next.
    bench.receiver.script = ['ok']
    bench.receiver.behaviour = 'hang'
    const bridge = bench.start(['--summary=json', streamPath(STREAM)], { OTEL_METRICS_EXPORTER: 'none' })
    for (let death = 1; death <= 4; death++) {
      const { receiver } = bench
      await receiver.until(() => receiver.spans.length > 0)
      await receiver.close()
      await pause(OUTAGE / 4)
      const next = await bench.revive()
      if (death < 4) {
        next.script = ['ok']
        next.behaviour = 'hang'
      }
      all.push(next)
    }
    const result = await bridge.finished
    expect(result.code).toBe(0)
    const spans = await expectAll(contents(...all))
    figure('collector dies mid-way', { times: 4, spans, lost: 0 })
  })

  it('when everything goes wrong in turn', async () => {
    const { receiver } = bench
    const troubles: Behaviour[] = [
      503,
      'reset',
      'half',
      'hang',
      429,
      'close',
      'ok',
      502,
      504,
      408,
      500,
      'half',
      'reset',
    ]
    receiver.script = Array.from({ length: 48 }, (_, index) => troubles[(index * 7) % troubles.length]!)
    const result = await bench.start(['--summary=json', streamPath(STREAM)]).finished
    expect(result.code).toBe(0)
    const faults = 48 - receiver.script.length
    expect(faults).toBeGreaterThan(25)
    const spans = await expectAll(contents(receiver))
    figure('everything goes wrong in turn', { answers: faults, spans, lost: 0 })
  })
})

describe('a collector that says when to come back', () => {
  it.each([429, 503])('with %i and Retry-After is not asked before', async (status) => {
    await bench.receiver.close()
    const receiver = await bench.revive({ retryAfter: '3' })
    receiver.behaviour = status
    const bridge = bench.start(['--summary=json', streamPath('head/uncontended.ndjson')], {
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_EXPORTER_OTLP_TIMEOUT: '10000',
    })
    await receiver.until(() => receiver.requests.size > 0)
    receiver.behaviour = 'ok'
    const asked = performance.now()
    expect((await bridge.finished).code).toBe(0)
    expect(receiver.spansById.size).toBe((await baselineOf('head/uncontended.ndjson')).size)
    expect(receiver.requests.get('/v1/traces')).toBe(2)
    expect(performance.now() - asked).toBeGreaterThan(2900)
  })
})

describe('a collector that never comes back', () => {
  it('and hangs: the exit status is 3 and the report is exact', async () => {
    bench.receiver.behaviour = 'hang'
    const result = await bench.start(['--summary=json', '--give-up=2', streamPath(STREAM)]).finished
    const made = (await baselineOf(STREAM)).size
    expect(result.code).toBe(3)
    expect(summaryOf(result)).toMatchObject({
      spans: { made, delivered: 0, undelivered: made },
      metrics: { delivered: false },
      exitCode: 3,
    })
  })

  it('after it took a part: delivered and undelivered are what it has and has not', async () => {
    const { receiver } = bench
    receiver.script = Array.from({ length: 9 }, () => 'ok' as const)
    receiver.behaviour = 503
    const result = await bench.start(['--summary=json', '--give-up=2', streamPath(STREAM)], {
      OTEL_METRICS_EXPORTER: 'none',
    }).finished
    expect(result.code).toBe(3)
    const made = (await baselineOf(STREAM)).size
    const has = receiver.spansById.size
    expect(has).toBe(900)
    expect(summaryOf(result).spans).toEqual({ made, delivered: has, undelivered: made - has })
    expect(result.stderr).toContain('not delivered')
    figure('collector never comes back', { made, delivered: has, 'reported undelivered': made - has })
  })

  it('but drips its answers for ever: it is given up as well', async () => {
    bench.receiver.behaviour = 'drip'
    const bridge = bench.start(['--summary=json', '--give-up=2', streamPath('head/uncontended.ndjson')], {
      OTEL_METRICS_EXPORTER: 'none',
    })
    const result = await bridge.finished
    expect(result.code).toBe(3)
    const { made, undelivered } = summaryOf(result).spans
    expect(undelivered).toBe(made)
  })
})

describe('behind a pipe', () => {
  it('the writer is slowed while the collector is away, memory stays bounded, and nothing is lost', async () => {
    const { receiver } = bench
    receiver.behaviour = 'hang'
    const bridge = bench.start(['--summary=json', '--give-up=never'])
    const memory = new MemoryMeter(bridge.child.pid)
    const template = streamBytes(STREAM).toString('latin1')
    const rounds = 20
    let written = 0
    const writing = (async () => {
      for (let round = 0; round < rounds; round++) {
        // Other ids each time, as a service would go on.
        const id = round.toString(16).padStart(4, '0')
        await bridge.feed(template.replaceAll(/storage-lock-event-[0-9a-f]{4}/g, `storage-lock-event-${id}`))
        written++
      }
    })()
    let before = -1
    let still = 0
    await eventually(async () => {
      await pause(250)
      still = written === before && written > 0 ? still + 1 : 0
      before = written
      return still >= 8
    })
    expect(written).toBeLessThan(rounds)
    const stoodAt = written
    const away = memory.peak
    receiver.behaviour = 'ok'
    await writing
    const result = await bridge.end()
    memory.stop()
    const each = (await baselineOf(STREAM)).size
    expect(result.code).toBe(0)
    expect(receiver.spansById.size).toBe(each * rounds)
    expect(summaryOf(result).spans).toEqual({ made: each * rounds, delivered: each * rounds, undelivered: 0 })
    expect(away).toBeLessThan(300 * 1024)
    expect(memory.peak).toBeLessThan(350 * 1024)
    figure('pipe while the collector is away', {
      'MB taken before the writer stood still': Math.round((stoodAt * template.length) / 1e6),
      'MB written in all': Math.round((rounds * template.length) / 1e6),
      spans: each * rounds,
      lost: 0,
      'peak MB while away': toMB(away),
      'peak MB': toMB(memory.peak),
    })
  })
})
