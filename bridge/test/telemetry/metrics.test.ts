import { request } from 'node:http'
import { connect } from 'node:net'
import { metrics } from '@opentelemetry/sdk-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MetricsServer } from '../../src/telemetry/metrics-server.js'
import { TimingsReader } from '../../src/telemetry/timings.js'

describe('TimingsReader', () => {
  const timings = new TimingsReader()
  const other = new metrics.PeriodicExportingMetricReader({
    exporter: new metrics.InMemoryMetricExporter(metrics.AggregationTemporality.CUMULATIVE),
    exportIntervalMillis: 3_600_000,
  })
  const provider = new metrics.MeterProvider({ readers: [timings, other] })
  afterEach(() => provider.shutdown())

  it('knows percentiles within 1 %, whatever buckets the exporters have, and the exact maximum', async () => {
    const meter = provider.getMeter('test')
    const histogram = meter.createHistogram('time', {
      unit: 's',
      advice: { explicitBucketBoundaries: [1, 10] },
    })
    const values: number[] = []
    for (let i = 1; i <= 10_000; i++) values.push(1e-6 * 1.0015 ** i)
    // Two lock names are one row; another outcome is another.
    values.forEach((value, index) => {
      const labels = { 'storage_lock.lock.name': index % 2 ? 'a' : 'b', 'storage_lock.outcome': 'acquired' }
      histogram.record(value, labels)
    })
    histogram.record(7, { 'storage_lock.outcome': 'timeout' })
    meter.createCounter('count').add(2, { kind: 'x' })

    const { timings: rows, totals } = await timings.read()
    const row = rows.find((each) => each.labels['storage_lock.outcome'] === 'acquired')!
    expect(row).toMatchObject({ name: 'time', unit: 's', count: 10_000, max: values.at(-1) })
    for (const [part, value] of [
      [0.5, row.p50],
      [0.9, row.p90],
      [0.99, row.p99],
    ] as const) {
      const exact = values[Math.ceil(part * values.length) - 1]!
      expect(Math.abs(value - exact) / exact).toBeLessThan(0.01)
    }
    expect(rows.find((each) => each.labels['storage_lock.outcome'] === 'timeout')).toMatchObject({
      count: 1,
      p50: 7,
      p99: 7,
      max: 7,
    })
    expect(totals).toEqual([{ name: 'count', labels: { kind: 'x' }, value: 2 }])
  })
})

describe('MetricsServer', () => {
  let server: MetricsServer
  let provider: metrics.MeterProvider
  let url: string

  beforeEach(async () => {
    server = new MetricsServer()
    provider = new metrics.MeterProvider({ readers: [server.reader] })
    provider.getMeter('test').createCounter('storage_lock.takeovers').add(3)
    url = await server.listen('127.0.0.1', 0)
  })
  afterEach(async () => {
    await server.close()
    await provider.shutdown()
  })

  it('serves the metrics to GET and HEAD', async () => {
    const response = await fetch(url)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toMatch(/storage_lock_takeovers_total(\{.*\})? 3/)
    const head = await fetch(`${url}?x=1`, { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(await head.text()).toBe('')
  })

  it('serves nothing else', async () => {
    const { origin } = new URL(url)
    for (const path of ['/', '/metrics/', '/metrics/../etc', '//metrics', '/METRICS']) {
      expect((await fetch(origin + path)).status).toBe(404)
    }
    const post = await fetch(url, { method: 'POST', body: 'x'.repeat(1_000_000) })
    expect(post.status).toBe(405)
    expect(post.headers.get('allow')).toBe('GET, HEAD')
  })

  it('refuses a request with too large a head, and goes on', async () => {
    const status = await new Promise<number | string>((resolve) => {
      const { port } = new URL(url)
      const call = request(
        { port, path: '/metrics', headers: { 'x-large': 'x'.repeat(20_000) } },
        (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        },
      )
      call.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
      call.end()
    })
    expect([431, 'ECONNRESET', 'EPIPE']).toContain(status)
    expect((await fetch(url)).status).toBe(200)
  })

  it('answers others while slow requests are open', async () => {
    const sockets = Array.from({ length: 10 }, () => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n')
      return socket
    })
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    expect((await fetch(url)).status).toBe(200)
    for (const socket of sockets) socket.destroy()
  })

  it('says when its port is taken', async () => {
    const second = new MetricsServer()
    await expect(second.listen('127.0.0.1', Number(new URL(url).port))).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
  })
})
