import { once } from 'node:events'
import { expect, it } from 'vitest'
import { heldLock } from '../../../test/faults/support/held-lock.js'
import { spanIdOf } from '../../../test/faults/support/ids.js'
import { summaryOf } from '../bridge-process.js'
import { figure, MemoryMeter, toMB, useBench } from './support.js'

const bench = useBench()

const DAY = 2880
const FAILING = [3, 700, 1999, 2700]

it('reads a day of a held lock from a pipe: flat memory, every renewal counted, failures and the loss told', async () => {
  const bridge = bench.start(['--summary=json'], { OTEL_EXPORTER_OTLP_TIMEOUT: '10000' })
  const memory = new MemoryMeter(bridge.child.pid)
  const { stdin } = bridge.child
  const begun = performance.now()
  let bytes = 0
  let events = 0
  let longest = 0
  const sizes: number[] = []
  for (const line of heldLock({ renewals: DAY, failing: FAILING, end: 'lost' })) {
    const text = `${line}\n`
    bytes += text.length
    longest = Math.max(longest, text.length)
    if (!stdin.write(text)) await once(stdin, 'drain')
    if (++events % 2500 === 0) sizes.push(memory.sample())
  }
  const result = await bridge.end()
  memory.stop()
  const seconds = (performance.now() - begun) / 1000

  expect(result.code).toBe(0)
  const { lines, spans, dropped } = summaryOf(result)
  expect(lines).toMatchObject({ events, broken: 0, other: 0, overlong: 0 })
  expect(spans.undelivered).toBe(0)
  const { receiver } = bench
  const renewals = (outcome: string): number =>
    receiver.total('storage_lock.renewal.duration', { 'storage_lock.outcome': outcome })
  expect([renewals('renewed'), renewals('error'), renewals('lost')]).toEqual([DAY - 4, 4, 1])
  expect(receiver.total('storage_lock.renewal.headroom')).toBe(DAY - 4)
  expect(receiver.total('storage_lock.lease.losses')).toBe(1)

  const received = [...receiver.spansById.values()]
  expect(received).toHaveLength(spans.made)
  expect(received.length).toBeLessThan(5_400)
  expect(result.stderr).not.toContain('eventCountLimit')
  const ids = new Set(received.map((span) => span.spanId))
  for (const span of received) expect(span.parentSpanId === '' || ids.has(span.parentSpanId)).toBe(true)
  const failed = received.filter((span) => span.name === 'WatchDog.Refresh' && span.status === 2)
  expect(failed).toHaveLength(FAILING.length + 1)
  expect(received.filter((span) => span.name === 'StorageLock.Hold')).toHaveLength(1)
  expect(ids.has(spanIdOf(received[0]!.attributes['storage_lock.root_id'] as string))).toBe(true)
  expect(dropped['spansPerTrace']).toBeGreaterThan(0)

  // The heap grows to what a line of 400 KB needs, and no further.
  expect(memory.peak).toBeLessThan(400 * 1024)
  expect(sizes.at(-1)! - sizes[Math.floor(sizes.length / 2)]!).toBeLessThan(150 * 1024)
  figure('held lock, a day', {
    events,
    'MB read': Math.round(bytes / 1e6),
    'longest line, bytes': longest,
    spans: received.length,
    seconds: seconds.toFixed(1),
    'peak MB': toMB(memory.peak),
  })
})
