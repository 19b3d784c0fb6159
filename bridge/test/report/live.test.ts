import { request } from 'node:http'
import { ContentionRecorder, eventFromJson } from 'storage-lock-otel'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { linesOf } from '../../../test/support/streams.js'
import { createTelemetry, type Telemetry } from '../../../test/support/telemetry.js'
import { LiveReport } from '../../src/report/live.js'
import type { PageData } from '../../src/report/model/page-data.js'

const EVENTS = linesOf('head/contention.ndjson').map((line) => eventFromJson(line))
const OTHERS = linesOf('v0.0.5/contention.ndjson').map((line) => eventFromJson(line))

let recorder: ContentionRecorder
let telemetry: Telemetry
let live: LiveReport
let address: string

beforeEach(async () => {
  recorder = new ContentionRecorder()
  telemetry = createTelemetry({ observer: recorder })
  live = new LiveReport(recorder, { source: 'test' }, () => telemetry.listener.waiting())
  address = await live.listen('127.0.0.1', 0)
})

afterEach(async () => {
  await live.close()
  await telemetry.close()
})

async function ask(run: string, since: number): Promise<{ run: string; data: PageData } | undefined> {
  const response = await fetch(`${address}facts?run=${run}&since=${since}`)
  return response.status === 204 ? undefined : ((await response.json()) as { run: string; data: PageData })
}

/** The status of a request with headers that fetch does not let one set. */
function statusOf(path: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    request(new URL(path, address), { headers, method }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}

describe('LiveReport', () => {
  test('serves the page, which may ask nobody but the bridge', async () => {
    const response = await fetch(address)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const html = await response.text()
    expect(html).toContain("default-src 'none'; connect-src 'self'")
    expect(html).toContain('"live":true')
  })

  test('tells each page what came since it last asked, and nothing where nothing came', async () => {
    await telemetry.tell(EVENTS)
    const first = await ask('', 0)
    if (first === undefined) throw new Error('no facts')
    expect(await ask(first.run, first.data.seq)).toBeUndefined()
    await telemetry.tell(OTHERS)
    const news = await ask(first.run, first.data.seq)
    const seqs = [first, news].flatMap((each) => {
      if (each === undefined) throw new Error('no news')
      const { acquires, holds, releases } = each.data
      return [...acquires.seq, ...holds.seq, ...releases.seq].filter((seq) => seq > 0)
    })
    expect(seqs.toSorted((a, b) => a - b)).toEqual(recorder.all().facts.map((fact) => fact.seq))
  })

  test('tells who waits now, again and again, while nothing is over', async () => {
    for (const event of EVENTS.slice(0, 1400)) telemetry.listener.on(undefined, event)
    const first = await ask('', 0)
    if (first === undefined) throw new Error('no facts')
    const waits = ({ data }: { data: PageData }): number =>
      data.acquires.seq.filter((seq) => seq === 0).length
    expect(waits(first)).toBe(5)
    const second = await ask(first.run, first.data.seq)
    expect(second?.data.acquires.seq).toEqual([0, 0, 0, 0, 0])
    for (const event of EVENTS.slice(1400)) telemetry.listener.on(undefined, event)
    telemetry.listener.flushSync()
    const third = await ask(first.run, first.data.seq)
    if (third === undefined) throw new Error('no news')
    expect(waits(third)).toBe(0)
  })

  test('a page that knows of another run is told everything', async () => {
    await telemetry.tell(EVENTS)
    const all = await ask('', 0)
    const other = await ask('of-yesterday', 10_000)
    expect(other).toEqual(all)
  })

  test('a page that slept past the window gets what is left, and what is gone', async () => {
    const small = new ContentionRecorder({ facts: 20 })
    const other = createTelemetry({ observer: small })
    const server = new LiveReport(small)
    const place = await server.listen('127.0.0.1', 0)
    await other.tell(EVENTS)
    const first = (await (await fetch(`${place}facts?run=&since=0`)).json()) as {
      run: string
      data: PageData
    }
    await other.tell(OTHERS)
    const later = (await (await fetch(`${place}facts?run=${first.run}&since=${first.data.seq}`)).json()) as {
      data: PageData
    }
    const { acquires, holds, releases } = later.data
    expect(acquires.seq.length + holds.seq.length + releases.seq.length).toBe(20)
    expect(later.data.forgotten).toBe(later.data.seq - 20)
    await server.close()
    await other.close()
  })

  test('refuses names that lead here from elsewhere, and whatever it does not serve', async () => {
    expect(await statusOf('/', { host: 'attacker.example' })).toBe(421)
    expect(await statusOf('/facts', { host: 'attacker.example:80' })).toBe(421)
    expect(await statusOf('/', { host: 'localhost:1234' })).toBe(200)
    expect(await statusOf('/', { host: '[::1]:1234' })).toBe(200)
    expect(await statusOf('/etc/passwd', {})).toBe(404)
    expect(await statusOf('/', {}, 'POST')).toBe(405)
    expect(await statusOf('/', {}, 'HEAD')).toBe(200)
  })

  test('answers nonsense with everything rather than with an error', async () => {
    await telemetry.tell(EVENTS)
    for (const query of ['', '?since=x', '?run=&since=-1', '?since=1e99&run=%00']) {
      expect((await fetch(`${address}facts${query}`)).status).toBe(200)
    }
  })
})
