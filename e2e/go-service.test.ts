import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BridgeRun, startBridge } from './support/bridge.js'
import { type Cycle, type Report, runGoService } from './support/go-service.js'
import { Jaeger } from './support/jaeger.js'
import { attribute, isError, type OtlpSpan, seconds } from './support/otlp.js'
import { freePorts } from './support/ports.js'
import { Prometheus, type Sample } from './support/prometheus.js'
import { eventually } from './support/server.js'

const SERVICE = 'go-service'
const ARGUMENTS = ['-workers', '6', '-locks', '2', '-cycles', '8', '-hogging', '300ms']

/**
 * How far a figure derived from events may be from what the caller measured around the call, in seconds. One in ten
 * may be further off: on a busy machine the caller is made to wait between its clock and the call.
 */
const NEAR = 0.02
const FAR = 1

/** The label of each of the Go storage's methods. */
const OPERATIONS: Readonly<Record<string, string>> = {
  Get: 'get',
  GetTime: 'get_time',
  CreateWithVersion: 'create',
  UpdateWithVersion: 'update',
  DeleteWithVersion: 'delete',
}

describe('A Go service piped into the bridge', () => {
  let jaeger: Jaeger
  let prometheus: Prometheus | undefined
  let report: Report
  let run: BridgeRun
  let spans: OtlpSpan[]
  let series: Sample[]
  const scraped: Record<string, number> = {}

  beforeAll(async () => {
    jaeger = await Jaeger.start()
    const [port] = await freePorts(1)
    const bridge = startBridge(['--prometheus', String(port)], {
      service: SERVICE,
      otlpEndpoint: jaeger.otlpEndpoint,
    })
    try {
      prometheus = await Prometheus.start(`127.0.0.1:${port}`)
      report = await runGoService(ARGUMENTS, bridge)
      // The bridge's input is still open, so it goes on serving its metrics.
      await scrape(prometheus, report, scraped)
      // Prometheus forgets a target's series as soon as the target is gone.
      series = await prometheus.query('{__name__=~"storage_lock_.*"}')
    } finally {
      run = await bridge.end()
    }
    spans = []
    for (const traceId of await jaeger.search(SERVICE)) spans.push(...(await jaeger.otlpSpans(traceId)))
  })

  afterAll(async () => {
    await prometheus?.stop()
    await jaeger?.stop()
  })

  const acquired = (): Cycle[] => report.cycles.filter((cycle) => cycle.outcome === 'acquired')
  const rootsOf = (name: string): OtlpSpan[] =>
    spans.filter((span) => span.name === name && !span.parentSpanId)

  it('loses none of its log lines, and shows none of its events', () => {
    expect(run.status, run.stderr).toBe(0)
    const passed = run.stdout.split('\n').filter((line) => line !== '')
    expect(passed.length).toBe(report.log_lines)
    expect(passed.every((line) => line.startsWith('service: '))).toBe(true)
  })

  it('has one trace in Jaeger for every lock made, every Lock and every UnLock', () => {
    expect(rootsOf('StorageLock.Create').length).toBe(report.locks_created)
    expect(rootsOf('StorageLock.Lock').length).toBe(report.cycles.length)
    expect(rootsOf('StorageLock.Unlock').length).toBe(acquired().length)
  })

  it('has waits, holds and releases there that last as long as it measured', () => {
    const locks = rootsOf('StorageLock.Lock')
    const differences: number[] = []
    for (const cycle of report.cycles) {
      const lock = locks.find(
        (span) =>
          attribute(span, 'storage_lock.owner.id') === cycle.owner_id &&
          attribute(span, 'storage_lock.lock.id') === cycle.lock_id &&
          Math.abs(Number(span.startTimeUnixNano) - cycle.lock_called) < cycle.wait_seconds * 1e9,
      )
      expect(lock, `${cycle.owner_id} on ${cycle.lock_id}`).toBeDefined()
      expect(attribute(lock!, 'storage_lock.outcome')).toBe(cycle.outcome)
      expect(isError(lock!)).toBe(cycle.outcome === 'timeout')
      differences.push(Math.abs(seconds(lock!) - cycle.wait_seconds))
      const hold = spans.find(
        (span) => span.name === 'StorageLock.Hold' && span.parentSpanId === lock!.spanId,
      )
      expect(hold !== undefined).toBe(cycle.outcome === 'acquired')
      if (hold !== undefined) differences.push(Math.abs(seconds(hold) - cycle.held_seconds))
    }
    differences.sort((a, b) => a - b)
    expect(differences[Math.floor(differences.length * 0.9)]).toBeLessThan(NEAR)
    expect(differences.at(-1)).toBeLessThan(FAR)
  })

  it('has a client span there for every call to its storage', () => {
    for (const [operation, calls] of Object.entries(report.storage_calls)) {
      const events = spans
        .flatMap((span) => span.events ?? [])
        .filter((event) => event.name === `Storage.${operation}`)
      expect(events.length, operation).toBe(calls)
    }
  })

  it('has the same counts and sums in Prometheus', () => {
    const sum = (of: (cycle: Cycle) => number, cycles: readonly Cycle[]): number =>
      cycles.reduce((total, cycle) => total + of(cycle), 0)
    expect(scraped['acquired']).toBe(acquired().length)
    expect(scraped['timeouts']).toBe(report.cycles.length - acquired().length)
    expect(scraped['held']).toBe(0)
    expect(scraped['waiting']).toBe(0)
    expect(scraped['holds']).toBe(acquired().length)
    expect(scraped['releases']).toBe(acquired().length)
    const same = (figure: string, of: OtlpSpan[], measured: number, calls: number): void => {
      const lasted = of.reduce((total, span) => total + seconds(span), 0)
      expect(scraped[figure], `${figure} in Jaeger`).toBeCloseTo(lasted, 5)
      const off = Math.abs(scraped[figure]! - measured)
      expect(off, `${figure}: ${scraped[figure]} and ${measured}`).toBeLessThan(NEAR * calls)
    }
    const waited = sum((cycle) => cycle.wait_seconds, report.cycles)
    same('waited', rootsOf('StorageLock.Lock'), waited, report.cycles.length)
    const held = sum((cycle) => cycle.held_seconds, acquired())
    const holds = spans.filter((span) => span.name === 'StorageLock.Hold')
    same('heldSeconds', holds, held, acquired().length)
    const releasing = sum((cycle) => cycle.release_seconds, acquired())
    same('releaseSeconds', rootsOf('StorageLock.Unlock'), releasing, acquired().length)
    for (const [operation, calls] of Object.entries(report.storage_calls)) {
      expect(scraped[`storage ${operation}`], operation).toBe(calls)
    }
  })

  it('has its locks under few names there, and none of its owners', () => {
    const names = new Set(series.flatMap((sample) => sample.labels['storage_lock_lock_name'] ?? []))
    expect(names).toEqual(new Set(['order-*', 'report-*']))
    expect(
      series.flatMap((sample) => Object.values(sample.labels)).filter((value) => /worker|hog/.test(value)),
    ).toEqual([])
  })
})

/** Waits until everything the service did has been scraped, then takes the figures. */
async function scrape(prometheus: Prometheus, report: Report, into: Record<string, number>): Promise<void> {
  const count = 'sum(storage_lock_acquire_duration_count)'
  await eventually(`${count} is ${report.cycles.length}`, async () =>
    (await prometheus.value(count)) === report.cycles.length &&
    (await prometheus.value('sum(storage_lock_held)')) === 0 &&
    (await prometheus.value('sum(storage_lock_storage_operation_duration_count)')) ===
      Object.values(report.storage_calls).reduce((total, calls) => total + calls, 0)
      ? true
      : undefined,
  )
  const expressions: Record<string, string> = {
    acquired: 'sum(storage_lock_acquire_duration_count{storage_lock_outcome="acquired"})',
    timeouts: 'sum(storage_lock_acquire_duration_count{storage_lock_outcome="timeout"})',
    waited: 'sum(storage_lock_acquire_duration_sum)',
    holds: 'sum(storage_lock_hold_duration_count{storage_lock_hold_end="released"})',
    heldSeconds: 'sum(storage_lock_hold_duration_sum)',
    releases: 'sum(storage_lock_release_duration_count{storage_lock_outcome="released"})',
    releaseSeconds: 'sum(storage_lock_release_duration_sum)',
    held: 'sum(storage_lock_held)',
    waiting: 'sum(storage_lock_waiting)',
  }
  for (const operation of Object.keys(report.storage_calls)) {
    const label = OPERATIONS[operation] ?? operation
    expressions[`storage ${operation}`] =
      `sum(storage_lock_storage_operation_duration_count{storage_lock_operation="${label}"})`
  }
  for (const [name, expression] of Object.entries(expressions))
    into[name] = await prometheus.value(expression)
}
