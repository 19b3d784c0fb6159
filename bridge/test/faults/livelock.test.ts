import { once } from 'node:events'
import { expect, it } from 'vitest'
import { type LivelockFacts, livelock } from '../../../test/faults/support/livelock.js'
import { summaryOf } from '../bridge-process.js'
import { figure, MemoryMeter, toMB, useBench } from './support.js'

const bench = useBench()
const PUBLICATIONS = 1_000_000

it('reads a million publications of one Lock call from a pipe: bounded memory, the acquire measured', async () => {
  const bridge = bench.start(['--summary=json'], { OTEL_EXPORTER_OTLP_TIMEOUT: '10000' })
  const memory = new MemoryMeter(bridge.child.pid)
  const { stdin } = bridge.child
  const begun = performance.now()
  let facts: LivelockFacts | undefined
  let events = 0
  let lines: string[] = []
  let middle = 0
  for (const line of livelock(PUBLICATIONS, (each) => {
    facts = each
  })) {
    lines.push(line)
    if (++events % 100 === 0) {
      if (!stdin.write(`${lines.join('\n')}\n`)) await once(stdin, 'drain')
      lines = []
      if (events === PUBLICATIONS / 2) middle = memory.sample()
    }
  }
  stdin.write(`${lines.join('\n')}\n`)
  const result = await bridge.end()
  memory.stop()
  expect(result.code).toBe(0)
  const { receiver } = bench
  expect(summaryOf(result).lines).toMatchObject({ events, broken: 0 })
  expect(receiver.total('storage_lock.acquire.duration', { 'storage_lock.outcome': 'acquired' })).toBe(1)
  const attempts = receiver.metric('storage_lock.acquire.attempts')?.points[0]
  expect(attempts).toMatchObject({ count: 1, sum: facts!.attempts })
  const wait = receiver.metric('storage_lock.acquire.duration')?.points[0]
  expect(wait?.sum).toBeCloseTo(facts!.seconds, 3)
  expect(receiver.total('storage_lock.contentions')).toBe(facts!.busy + facts!.versionMisses)
  expect(receiver.spansById.size).toBeLessThanOrEqual(5_001)
  expect(receiver.spansById.size).toBe(summaryOf(result).spans.made)

  expect(memory.peak).toBeLessThan(300 * 1024)
  expect(memory.peak - middle).toBeLessThan(60 * 1024)
  figure('livelock, one tree', {
    publications: events,
    attempts: facts!.attempts,
    spans: receiver.spansById.size,
    seconds: ((performance.now() - begun) / 1000).toFixed(1),
    'peak MB': toMB(memory.peak),
  })
})
