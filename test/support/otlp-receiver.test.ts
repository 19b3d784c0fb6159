import { SpanStatusCode } from '@opentelemetry/api'
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtoMetrics } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtoTraces } from '@opentelemetry/exporter-trace-otlp-proto'
import { metrics } from '@opentelemetry/sdk-node'
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OtlpReceiver } from './otlp-receiver.js'

let receiver: OtlpReceiver
beforeEach(async () => {
  receiver = await OtlpReceiver.start()
})
afterEach(async () => {
  await receiver.close()
})

describe.each([
  ['JSON', JsonTraces, JsonMetrics],
  ['protobuf', ProtoTraces, ProtoMetrics],
])('OtlpReceiver with %s', (_encoding, Traces, Metrics) => {
  it('reads spans as they were made', async () => {
    const exporter = new Traces({ url: `${receiver.endpoint}/v1/traces` })
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    const span = provider.getTracer('test').startSpan('work', {
      startTime: [1_700_000_000, 123_456_789],
      attributes: { text: 'ä', int: -3, real: 0.5, flag: true, list: ['a', 'b'] },
      links: [
        { context: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }, attributes: { x: 1 } },
      ],
    })
    span.addEvent('step', { n: 1 }, [1_700_000_000, 123_456_790])
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'no' })
    span.end([1_700_000_001, 1])
    await provider.forceFlush()
    await provider.shutdown()

    expect(receiver.spans).toHaveLength(1)
    expect(receiver.spans[0]).toMatchObject({
      traceId: span.spanContext().traceId,
      spanId: span.spanContext().spanId,
      parentSpanId: '',
      name: 'work',
      kind: 1,
      start: 1_700_000_000_123_456_789n,
      end: 1_700_000_001_000_000_001n,
      attributes: { text: 'ä', int: -3, real: 0.5, flag: true, list: ['a', 'b'] },
      events: [{ name: 'step', time: 1_700_000_000_123_456_790n, attributes: { n: 1 } }],
      links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), attributes: { x: 1 } }],
      status: 2,
      statusMessage: 'no',
    })
  })

  it('reads counters and histograms', async () => {
    const exporter = new Metrics({ url: `${receiver.endpoint}/v1/metrics` })
    const reader = new metrics.PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 })
    const provider = new metrics.MeterProvider({ readers: [reader] })
    const meter = provider.getMeter('test')
    meter.createCounter('things').add(3, { kind: 'a' })
    const histogram = meter.createHistogram('time', {
      unit: 's',
      advice: { explicitBucketBoundaries: [1, 10] },
    })
    for (const value of [0.5, 2, 3, 20]) histogram.record(value, { outcome: 'ok' })
    await provider.forceFlush()
    await provider.shutdown()

    expect(receiver.total('things', { kind: 'a' })).toBe(3)
    expect(receiver.total('things', { kind: 'b' })).toBe(0)
    expect(receiver.metric('time')).toEqual({
      name: 'time',
      unit: 's',
      type: 'histogram',
      points: [
        {
          attributes: { outcome: 'ok' },
          count: 4,
          sum: 25.5,
          min: 0.5,
          max: 20,
          bounds: [1, 10],
          buckets: [1, 2, 1],
        },
      ],
    })
  })
})

it('fails as it is told, and takes nothing then', async () => {
  const post = async (): Promise<number | string> => {
    const request = fetch(`${receiver.endpoint}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        resourceSpans: [
          {
            scopeSpans: [
              {
                spans: [
                  { traceId: '1', spanId: '2', name: 'n', startTimeUnixNano: '1', endTimeUnixNano: '2' },
                ],
              },
            ],
          },
        ],
      }),
      signal: AbortSignal.timeout(300),
    })
    return request.then(
      (response) => response.status,
      () => 'failed',
    )
  }
  receiver.script = [503, 'reset', 'close', 'hang']
  expect([await post(), await post(), await post(), await post()]).toEqual([
    503,
    'failed',
    'failed',
    'failed',
  ])
  expect(receiver.spans).toHaveLength(0)
  expect(await post()).toBe(200)
  expect(receiver.spans).toHaveLength(1)
  expect(receiver.requests.get('/v1/traces')).toBe(5)
})
