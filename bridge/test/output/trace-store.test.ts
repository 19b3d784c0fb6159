import { describe, expect, it } from 'vitest'
import { TraceStore } from '../../src/output/trace-store.js'
import { spanOf } from './spans.js'

describe('TraceStore', () => {
  it('gives the slowest traces, slowest first, and counts the others', () => {
    const store = new TraceStore(2)
    store.onEnd(spanOf({ id: '1', trace: 'a', end: 10 }))
    store.onEnd(spanOf({ id: '2', trace: 'b', end: 30 }))
    store.onEnd(spanOf({ id: '3', trace: 'c', end: 20 }))
    expect(store.takeSlowest(2).map((trace) => trace.traceId[0])).toEqual(['b', 'c'])
    expect(store.dropped).toBe(1)
    expect(store.size).toBe(0)
  })

  it('gives all traces in the order they began when there are not many', () => {
    const store = new TraceStore(5)
    store.onEnd(spanOf({ id: '1', trace: 'b', start: 50, end: 60 }))
    store.onEnd(spanOf({ id: '2', trace: 'a', start: 20, end: 90 }))
    store.onEnd(spanOf({ id: '3', trace: 'b', start: 10, end: 11 }))
    expect(store.takeSlowest(5).map((trace) => trace.traceId[0])).toEqual(['b', 'a'])
    expect(store.dropped).toBe(0)
  })

  it('gives the traces that have been silent, and tells what comes for them later', () => {
    let now = 0
    const store = new TraceStore(5, () => now)
    store.onEnd(spanOf({ id: '1', trace: 'a' }))
    now = 300
    store.onEnd(spanOf({ id: '2', trace: 'b', start: 5 }))
    now = 400
    const first = store.takeQuiet(400)
    expect(first.map(({ traceId, continued }) => [traceId[0], continued])).toEqual([['a', false]])
    store.onEnd(spanOf({ id: '3', trace: 'a' }))
    now = 1000
    expect(store.takeQuiet(400).map(({ traceId, continued }) => [traceId[0], continued])).toEqual([
      ['a', true],
      ['b', false],
    ])
  })

  it('keeps its size when there are very many spans, and the slowest trace with it', () => {
    const store = new TraceStore(3)
    store.onEnd(spanOf({ id: 's', trace: 'slow', end: 1_000_000 }))
    for (let i = 0; i < 120_000; i++) store.onEnd(spanOf({ id: String(i), trace: `t${i % 40_000}-` }))
    expect(store.size).toBeLessThanOrEqual(50_001)
    expect(store.dropped).toBeGreaterThan(0)
    expect(store.takeSlowest(1)[0]?.traceId.startsWith('slow')).toBe(true)
  })
})
