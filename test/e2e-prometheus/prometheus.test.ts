import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DURATION_BUCKETS } from '../../src/otel/instruments.js'
import { ALERT_RULES, OVERRIDES, pathOf, RECORDING_RULES } from '../dashboards/files.js'
import { Bridge } from './bridge.js'
import { feedKilledHolder, feedRun, KILLED, LOST, MEASURED, MEASURED_OLD } from './feed.js'
import { type LoadedRule, Prometheus, type Sample } from './prometheus.js'
import { dashboardQueries, documentedQueries } from './queries.js'
import { streamTruth } from './streams.js'

/** Seconds between two scrapes; as much may one take, on a machine that is busy. */
const INTERVAL = 2

let bridge: Bridge
let prometheus: Prometheus

/** The sum of a query's values; 0 when there are none. */
const sum = async (query: string): Promise<number> =>
  (await prometheus.query(query)).reduce((total, { value }) => total + value, 0)

/**
 * The values of a query that has an answer, other than NaN, by now. A scrape that takes too long on a busy machine leaves
 * nothing to see until the next.
 */
async function answered(query: string): Promise<Sample[]> {
  return prometheus.until(
    async () => (await prometheus.query(query)).filter(({ value }) => !Number.isNaN(value)),
    (samples) => samples.length > 0,
  )
}

/** Waits until Prometheus has scraped and recorded what is fed. */
async function recorded(lines: number): Promise<void> {
  await prometheus.until(
    () => sum('storage_lock:listener_events:total'),
    (events) => events >= lines,
  )
  const spans = `storage_lock:listener_spans:total[${4 * INTERVAL}s]`
  // Trees are over some time after their last line; then no more spans are made.
  await prometheus.until(
    () => prometheus.query(`changes(${spans}) == 0 and count_over_time(${spans}) >= 3`),
    (quiet) => quiet.length > 0,
  )
}

beforeAll(async () => {
  bridge = await Bridge.start()
  prometheus = await Prometheus.start({
    target: bridge.target,
    ruleFiles: [RECORDING_RULES, ALERT_RULES, OVERRIDES].map(pathOf),
    interval: INTERVAL,
  })
  // Twice, because a rate needs a series to be there before it grows.
  const first = await feedRun(bridge, 'first')
  await recorded(first)
  const second = await feedRun(bridge, 'second')
  await recorded(first + second)
  await feedKilledHolder(bridge)
}, 300_000)

afterAll(async () => {
  await prometheus?.stop()
  await bridge?.stop()
}, 30_000)

describe('a process that dies while it holds', () => {
  const OF_KILLED = `{storage_lock_lock_name="${KILLED}"}`

  it('is seen holding, with a growing age, while others wait', async () => {
    const ages = await prometheus.until(
      async () => (await prometheus.queryRange(`storage_lock:hold_age:seconds${OF_KILLED} > 0`, 30)).flat(),
      (values) => new Set(values).size >= 3,
    )
    expect(ages).toEqual([...ages].sort((a, b) => a - b))
    expect(await sum(`max_over_time(storage_lock:held:locks${OF_KILLED}[5m])`)).toBe(1)
    expect(await sum(`max_over_time(storage_lock:waiting:acquires${OF_KILLED}[5m])`)).toBe(3)
  })

  it('is held no more after the end of its lease, which is one expired lease', async () => {
    await prometheus.until(
      () => sum(`storage_lock:held:locks${OF_KILLED}`),
      (held) => held === 0,
    )
    const losses = await prometheus.until(
      () => prometheus.query(`storage_lock:lease_losses:total${OF_KILLED} > 0`),
      (samples) => samples.length > 0,
    )
    expect(losses.map(({ labels, value }) => [labels['storage_lock_reason'], value])).toEqual([
      ['expired', 1],
    ])
  })
})

describe('the dashboard', () => {
  // There is nothing to show in good health, or with the locks of these streams.
  const MAY_BE_EMPTY = new Set(['Dropped, by limit', 'Oldest holds, by process'])

  it.each(dashboardQueries())('$row: $title $refId is answered, with data', async ({ title, query }) => {
    if (MAY_BE_EMPTY.has(title)) await prometheus.query(query)
    else await answered(query)
  })

  it('has shown who holds, while somebody did', async () => {
    const query = dashboardQueries().find(({ title }) => title === 'Oldest holds, by process')?.query ?? ''
    expect((await prometheus.queryRange(query, 300)).flat().length).toBeGreaterThan(0)
  })
})

describe.each(['runbook.md', 'metrics.md'])('docs/%s', (document) => {
  it('asks what Prometheus can answer', async () => {
    const queries = documentedQueries(document)
    expect(queries.length).toBeGreaterThan(4)
    for (const query of queries) {
      expect(await prometheus.query(query), query).toBeInstanceOf(Array)
    }
  })
})

describe('the rules', () => {
  // Recorded only in other circumstances: bounds that were hit.
  const MAY_BE_EMPTY = new Set(['storage_lock:listener_dropped:total'])
  let rules: LoadedRule[] = []
  beforeAll(async () => {
    rules = await prometheus.rules()
  })

  it('are all loaded and evaluate without an error', () => {
    expect(rules.length).toBeGreaterThan(50)
    expect(rules.filter(({ health, lastError }) => health !== 'ok' || (lastError ?? '') !== '')).toEqual([])
  })

  it('are all answered when asked by themselves', async () => {
    for (const { name, query } of rules) {
      expect(await prometheus.query(query), name).toBeInstanceOf(Array)
    }
  })

  it('record data', async () => {
    const names = rules.filter(({ type }) => type === 'recording').map(({ name }) => name)
    for (const name of new Set(names)) {
      if (!MAY_BE_EMPTY.has(name)) await answered(name)
    }
  })
})

describe('the alerts', () => {
  it('tell of the lease that was lost', async () => {
    const alerts = await prometheus.alerts()
    const lost = alerts.find(
      ({ labels }) =>
        labels['alertname'] === 'StorageLockLeaseLost' && labels['storage_lock_lock_name'] === LOST,
    )
    expect(lost?.labels).toMatchObject({
      severity: 'critical',
      storage_lock_reason: 'not_owner',
      job: 'locks',
    })
    expect(lost?.annotations['summary']).toBe(`A lease of lock ${LOST} was lost (not_owner)`)
  })

  it('have all their texts filled in', async () => {
    const alerts = await prometheus.alerts()
    expect(alerts.length).toBeGreaterThan(0)
    for (const { annotations } of alerts) {
      expect(Object.values(annotations).join(' ')).not.toMatch(/\{\{|<error|<no value>|NaN| {2}/)
    }
  })

  it('tell of refused unlocks and failed renewals', async () => {
    const firing = await answered('group by (alertname) (ALERTS{alertstate="firing"})')
    expect(firing.map(({ labels }) => labels['alertname'])).toEqual(
      expect.arrayContaining([
        'StorageLockLeaseLost',
        'StorageLockUnlocksRefused',
        'StorageLockRenewalFailing',
      ]),
    )
  })
})

describe('quantiles', () => {
  const bucketOf = (seconds: number): number => DURATION_BUCKETS.findIndex((bound) => seconds <= bound)

  for (const { stream, lockName } of [MEASURED, MEASURED_OLD]) {
    const measured = streamTruth(stream)
      .filter(({ op, err }) => op === 'Lock' && err === null)
      .map(({ dur_ns }) => dur_ns / 1e9)
      .sort((a, b) => a - b)

    it.each([0.5, 0.9, 0.99])(`agree with the callers of ${stream} within a bucket: %d`, async (quantile) => {
      const truth = measured[Math.ceil(quantile * measured.length) - 1] ?? Number.NaN
      const selector = `{storage_lock_lock_name="${lockName}", storage_lock_outcome="acquired"}`
      const [sample] = await answered(
        `histogram_quantile(${quantile}, sum by (le) (storage_lock:acquire_duration:rate5m${selector}))`,
      )
      const told = sample?.value ?? Number.NaN
      expect(Math.abs(bucketOf(told) - bucketOf(truth)), `${told} s, truly ${truth} s`).toBeLessThanOrEqual(1)
    })

    it(`count every acquire of ${stream}`, async () => {
      const selector = `{storage_lock_lock_name="${lockName}", storage_lock_outcome="acquired"}`
      const counts = await answered(`sum(storage_lock:acquires:total${selector})`)
      expect(counts[0]?.value).toBe(2 * measured.length)
    })
  }
})

describe('/metrics', () => {
  it('never names an owner', async () => {
    expect(await bridge.metrics()).not.toMatch(/owner-[0-9A-Z]/)
  })

  it('names locks by their form, not by their ids', async () => {
    const names = await answered('group by (storage_lock_lock_name) (storage_lock:acquires_all:total)')
    const told = names.map(({ labels }) => labels['storage_lock_lock_name'])
    expect(told).toEqual(expect.arrayContaining(['order-*', MEASURED.lockName, KILLED, LOST]))
    expect(told).not.toContain(MEASURED.lockId)
    expect(told.length).toBeLessThanOrEqual(101)
  })
})
