import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Delivery, type DeliveryOptions } from '../../src/telemetry/delivery.js'

/** What the exporter does with a batch: takes it, fails in some way, or never answers. */
type Answer = 'ok' | 'hang' | Error

class FakeExporter implements SpanExporter {
  answer: (spans: number) => Answer = () => 'ok'
  readonly batches: number[] = []
  readonly received: string[] = []
  open = 0
  mostOpen = 0
  shutDown = false
  /** Time one request takes, in ms. */
  takes = 10

  export(spans: ReadableSpan[], done: (result: { code: number; error?: Error }) => void): void {
    this.batches.push(spans.length)
    this.open++
    this.mostOpen = Math.max(this.mostOpen, this.open)
    setTimeout(() => {
      const answer = this.answer(spans.length)
      if (answer === 'hang') return
      this.open--
      if (answer === 'ok') this.received.push(...spans.map((span) => span.name))
      done(answer === 'ok' ? { code: 0 } : { code: 1, error: answer })
    }, this.takes)
  }

  shutdown(): Promise<void> {
    this.shutDown = true
    return Promise.resolve()
  }
}

const httpError = (code: number): Error => Object.assign(new Error('no'), { code })
const networkError = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

let made = 0
const span = (flags = 1): ReadableSpan =>
  ({
    name: String(made++),
    spanContext: () => ({ traceFlags: flags }),
    resource: {},
  }) as unknown as ReadableSpan

let exporter: FakeExporter
let news: { failing: string[]; recovered: number; lost: number }

function start(options: DeliveryOptions = {}): Delivery {
  return new Delivery(exporter, {
    ...options,
    news: {
      failing: (reason) => news.failing.push(reason),
      recovered: () => news.recovered++,
      lost: (count) => {
        news.lost += count
      },
    },
  })
}

function end(delivery: Delivery, count: number): void {
  for (let i = 0; i < count; i++) delivery.onEnd(span())
}

beforeEach(() => {
  vi.useFakeTimers()
  exporter = new FakeExporter()
  news = { failing: [], recovered: 0, lost: 0 }
  made = 0
})
afterEach(() => {
  vi.useRealTimers()
})

describe('Delivery', () => {
  it('sends full batches at once and the rest after a while', async () => {
    const delivery = start({ maxBatch: 10, delay: 1000 })
    end(delivery, 25)
    await vi.advanceTimersByTimeAsync(20)
    expect(exporter.batches).toEqual([10, 10])
    await vi.advanceTimersByTimeAsync(1000)
    expect(exporter.batches).toEqual([10, 10, 5])
    expect(delivery).toMatchObject({ made: 25, delivered: 25, undelivered: 0, waiting: 0, settledBelow: 25 })
  })

  it('leaves spans out that are not sampled', async () => {
    const delivery = start()
    delivery.onEnd(span(0))
    await delivery.forceFlush()
    expect(delivery.made).toBe(0)
    expect(exporter.batches).toEqual([])
  })

  it('sends a few batches at once, no more', async () => {
    const delivery = start({ maxBatch: 10, concurrency: 3 })
    end(delivery, 100)
    await vi.advanceTimersByTimeAsync(2000)
    expect(exporter.mostOpen).toBe(3)
    expect(delivery.delivered).toBe(100)
  })

  it('flushes everything that was made before', async () => {
    const delivery = start({ maxBatch: 10 })
    end(delivery, 37)
    const flushed = delivery.forceFlush()
    await vi.advanceTimersByTimeAsync(100)
    await flushed
    expect(delivery.delivered).toBe(37)
  })

  it('holds the reader while the exporter is behind, and lets it go on when half is sent', async () => {
    const delivery = start({ maxBatch: 10, maxQueue: 40, concurrency: 1 })
    end(delivery, 39)
    expect(delivery.ready()).toBeUndefined()
    end(delivery, 1)
    let released = false
    const ready = delivery.ready()!.then(() => {
      released = true
    })
    await vi.advanceTimersByTimeAsync(21)
    expect(released).toBe(false)
    await vi.advanceTimersByTimeAsync(10)
    await ready
    expect(delivery.delivered).toBe(30)
  })

  it('tries again while the collector is away, and loses nothing when it is back', async () => {
    const delivery = start({ maxBatch: 10, giveUp: 60_000 })
    exporter.answer = () => networkError()
    end(delivery, 95)
    const flushed = delivery.forceFlush()
    await vi.advanceTimersByTimeAsync(30_000)
    expect(delivery).toMatchObject({ delivered: 0, undelivered: 0, waiting: 95, settledBelow: 0 })
    exporter.answer = () => 'ok'
    await vi.advanceTimersByTimeAsync(10_000)
    await flushed
    expect(delivery).toMatchObject({ delivered: 95, undelivered: 0, settledBelow: 95 })
    expect(new Set(exporter.received).size).toBe(95)
    expect(news).toEqual({ failing: ['connect ECONNREFUSED'], recovered: 1, lost: 0 })
  })

  it.each([429, 500, 502, 503, 504, 408])('tries again after HTTP %i', async (code) => {
    const delivery = start({ maxBatch: 10 })
    let tries = 0
    exporter.answer = () => (++tries < 4 ? httpError(code) : 'ok')
    end(delivery, 10)
    await vi.advanceTimersByTimeAsync(5000)
    expect(delivery).toMatchObject({ delivered: 10, undelivered: 0 })
  })

  it.each([400, 401, 403, 404])('does not try again after HTTP %i, and goes on', async (code) => {
    const delivery = start({ maxBatch: 10, concurrency: 1 })
    let tries = 0
    exporter.answer = () => (++tries === 1 ? httpError(code) : 'ok')
    end(delivery, 20)
    await vi.advanceTimersByTimeAsync(1000)
    expect(delivery).toMatchObject({ delivered: 10, undelivered: 10, settledBelow: 20 })
    expect(news.lost).toBe(10)
  })

  it('sends a batch that is too large in halves', async () => {
    const delivery = start({ maxBatch: 100 })
    exporter.answer = (spans) => (spans > 30 ? httpError(413) : 'ok')
    end(delivery, 100)
    await vi.advanceTimersByTimeAsync(1000)
    expect(delivery).toMatchObject({ delivered: 100, undelivered: 0 })
    expect(exporter.received).toHaveLength(100)
  })

  it('gives up after failures for too long, and says exactly how much was lost', async () => {
    const delivery = start({ maxBatch: 10, giveUp: 5000 })
    exporter.answer = () => networkError()
    end(delivery, 95)
    const flushed = delivery.forceFlush()
    await vi.advanceTimersByTimeAsync(20_000)
    await flushed
    expect(delivery).toMatchObject({ delivered: 0, undelivered: 95, waiting: 0, settledBelow: 0 })
    expect(news.lost).toBe(95)
  })

  it('does not hold the reader once it has given up, and delivers what it can when the collector is back', async () => {
    const delivery = start({ maxBatch: 10, maxQueue: 40, giveUp: 5000 })
    exporter.answer = () => networkError()
    end(delivery, 60)
    let released = false
    void delivery.ready()!.then(() => {
      released = true
    })
    await vi.advanceTimersByTimeAsync(15_000)
    expect(released).toBe(true)
    end(delivery, 100)
    expect(delivery.ready()).toBeUndefined()
    expect(delivery.waiting).toBeLessThanOrEqual(50)
    exporter.answer = () => 'ok'
    await vi.advanceTimersByTimeAsync(20_000)
    end(delivery, 10)
    await vi.advanceTimersByTimeAsync(2000)
    expect(delivery.delivered + delivery.undelivered).toBe(170)
    expect(delivery.delivered).toBe(exporter.received.length)
    expect(exporter.received).toContain('169')
    expect(news.recovered).toBe(1)
  })

  it('ends in time when the process is to end, though the exporter never answers', async () => {
    const delivery = start({ maxBatch: 10, giveUp: Number.POSITIVE_INFINITY })
    exporter.answer = () => 'hang'
    end(delivery, 95)
    delivery.stopWithin(3000)
    const shutDown = delivery.shutdown()
    await vi.advanceTimersByTimeAsync(3000)
    await shutDown
    expect(delivery).toMatchObject({ delivered: 0, undelivered: 95 })
    expect(delivery.ready()).toBeUndefined()
  })

  it('breaks a pause between two tries off when the time is over', async () => {
    const delivery = start({ maxBatch: 10, giveUp: Number.POSITIVE_INFINITY, maxPause: 60_000 })
    exporter.answer = () => networkError()
    end(delivery, 10)
    await vi.advanceTimersByTimeAsync(30_000)
    delivery.stopWithin(100)
    const flushed = delivery.forceFlush()
    await vi.advanceTimersByTimeAsync(100)
    await flushed
    expect(delivery.undelivered).toBe(10)
  })

  it('takes an export that never ends for one that failed, and tries again', async () => {
    const delivery = start({ maxBatch: 10, exportTimeout: 1000 })
    exporter.answer = () => 'hang'
    end(delivery, 10)
    await vi.advanceTimersByTimeAsync(500)
    exporter.answer = () => 'ok'
    await vi.advanceTimersByTimeAsync(2000)
    expect(delivery).toMatchObject({ delivered: 10, undelivered: 0 })
    expect(news.failing).toEqual(['no whole answer within 1 seconds'])
  })

  it('counts what a collector refused of a batch it took', async () => {
    const delivery = start({ maxBatch: 10 })
    exporter.answer = () => {
      delivery.refused(3)
      return 'ok'
    }
    end(delivery, 10)
    await vi.advanceTimersByTimeAsync(100)
    expect(delivery).toMatchObject({ made: 10, delivered: 7, undelivered: 3, settledBelow: 10 })
    expect(news.lost).toBe(3)
  })

  it('does not believe a collector that refuses more than it was sent', async () => {
    const delivery = start({ maxBatch: 10 })
    exporter.answer = () => {
      delivery.refused(1_000_000)
      exporter.answer = () => 'ok'
      return 'ok'
    }
    end(delivery, 20)
    await vi.advanceTimersByTimeAsync(100)
    expect(delivery).toMatchObject({ made: 20, delivered: 10, undelivered: 10 })
  })

  it('counts nothing twice when a partial success comes too late', async () => {
    const delivery = start({ maxBatch: 10, exportTimeout: 1000 })
    exporter.takes = 1500
    exporter.answer = () => {
      delivery.refused(3)
      exporter.answer = () => 'ok'
      exporter.takes = 10
      return 'ok'
    }
    end(delivery, 10)
    await vi.advanceTimersByTimeAsync(1600)
    exporter.takes = 10
    await vi.advanceTimersByTimeAsync(10_000)
    expect(delivery).toMatchObject({ made: 10, delivered: 10, undelivered: 0 })
  })

  it('survives an exporter that throws', async () => {
    const delivery = start({ maxBatch: 10, giveUp: 0 })
    exporter.export = () => {
      throw new Error('broken')
    }
    end(delivery, 10)
    await vi.advanceTimersByTimeAsync(100)
    expect(delivery.undelivered).toBe(10)
  })

  it('waits for resource attributes that are still being read', async () => {
    const delivery = start({ maxBatch: 1 })
    let release: () => void = () => undefined
    const resource = {
      asyncAttributesPending: true,
      waitForAsyncAttributes: () =>
        new Promise<void>((resolve) => {
          release = resolve
        }),
    }
    delivery.onEnd({ ...span(), resource, spanContext: () => ({ traceFlags: 1 }) } as unknown as ReadableSpan)
    await vi.advanceTimersByTimeAsync(100)
    expect(exporter.batches).toEqual([])
    release()
    await vi.advanceTimersByTimeAsync(100)
    expect(delivery.delivered).toBe(1)
  })
})
