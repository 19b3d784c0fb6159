import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { expect, it } from 'vitest'
import { DEFAULT_LISTENER_LIMITS, type Detail, eventFromJson, OtelListener } from '../../src/index.js'
import { linesOf } from '../support/streams.js'
import { createTelemetry } from '../support/telemetry.js'
import { ROOT } from './support/blocks.js'

const DETAILS: readonly Detail[] = ['full', 'compact', 'operation']

/** Spans for each acquire of a captured stream, without those of the locks' creation. */
async function spansPerLock(stream: string, detail: Detail): Promise<number> {
  let acquires = 0
  let creations = 0
  const telemetry = createTelemetry({
    detail,
    observer: {
      operation: ({ kind }) => {
        if (kind === 'acquire') acquires += 1
        if (kind === 'create') creations += 1
      },
    },
  })
  await telemetry.tell(linesOf(`head/${stream}.ndjson`).map(eventFromJson))
  const spans = telemetry.spans().length - creations
  await telemetry.close()
  return Math.round(spans / acquires)
}

/** The cells of the row of a page's table that begins with this text. */
function row(page: string, begin: string): string[] {
  const lines = readFileSync(join(ROOT, page), 'utf8').split('\n')
  const found = lines.find((line) => line.startsWith(`| ${begin}`))
  expect(found, `${page} has no row of ${begin}`).toBeDefined()
  return (found ?? '').split('|').map((cell) => cell.trim())
}

it.each([
  ['uncontended', 'uncontended'],
  ['contention', '48 acquires by six workers'],
  ['watchdog', 'a hold of 7 renewals'],
])('says how many spans a lock has: %s', async (stream, begin) => {
  const cells = row('docs/spans.md', begin)
  for (const [i, detail] of DETAILS.entries()) {
    expect(cells[i + 2], detail).toMatch(new RegExp(`^${await spansPerLock(stream, detail)} spans`))
  }
})

it.each(DETAILS)('says how many spans to reckon with: %s', async (detail) => {
  const cells = row('docs/running-at-scale.md', `\`'${detail}'\``)
  expect(Number(cells[2])).toBe(await spansPerLock('uncontended', detail))
  expect(Number(cells[3])).toBe(await spansPerLock('contention', detail))
})

it('names every bound, with its default', () => {
  const text = readFileSync(join(ROOT, 'docs/running-at-scale.md'), 'utf8')
  for (const [name, bound] of Object.entries(DEFAULT_LISTENER_LIMITS)) {
    expect(text).toContain(`\`${name}\` ${bound.toLocaleString('en')}`)
  }
})

it('names every option of the listener in the README', () => {
  const known = /there are (.*)/.exec(complaintAbout({ unknown: true }))?.[1]?.split(', ') ?? []
  expect(known.length).toBeGreaterThan(10)
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const options = text.slice(text.indexOf('## Options'), text.indexOf('## More to read'))
  expect(known.filter((name) => !options.includes(`\`${name}\``))).toEqual([])
})

function complaintAbout(options: object): string {
  try {
    new OtelListener(options)
  } catch (error) {
    return String(error)
  }
  return ''
}

it('says how many series a lock name has', async () => {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const meterProvider = new MeterProvider({ readers: [exporter] })
  const listener = new OtelListener({ meterProvider })
  for (const line of linesOf('head/watchdog.ndjson')) listener.on(undefined, eventFromJson(line))
  await listener.forceFlush()
  const { resourceMetrics } = await exporter.collect()
  const text = new PrometheusSerializer().serialize(resourceMetrics)
  const samples = text.split('\n').filter((line) => line.startsWith('storage_lock_'))
  const ofHistogram = (name: string): number =>
    samples.filter((sample) => new RegExp(`^storage_lock_${name}_(bucket|sum|count)\\b`).test(sample)).length
  const page = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8')
  const [, series, each, attempts] =
    /about (\d+) series .* (\d+) for each histogram .*\((\d+) for the attempts\)/.exec(page) ?? []
  expect(Math.round(samples.length / 10) * 10).toBe(Number(series))
  expect(ofHistogram('hold_duration')).toBe(Number(each))
  expect(ofHistogram('acquire_attempts')).toBe(Number(attempts))
  await listener.shutdown()
})
