import { describe, expect, it } from 'vitest'
import {
  EnvironmentError,
  endpointFor,
  exportersFor,
  numberSetting,
  otlpMetricExporter,
  otlpTraceExporter,
} from '../../src/telemetry/exporters.js'
import { classifyFailure, describeFailure } from '../../src/telemetry/refusal.js'
import { hasExporters } from '../../src/telemetry/setup.js'

const known = ['otlp', 'console']

describe('exportersFor', () => {
  it('sends nothing unless there is somewhere to send it', () => {
    expect(exportersFor({}, 'TRACES', known)).toEqual([])
    expect(exportersFor({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, 'TRACES', known)).toEqual([])
    expect(hasExporters({ OTEL_SERVICE_NAME: 'x' })).toBe(false)
  })

  it('sends OTLP where an endpoint says', () => {
    const all = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }
    expect(exportersFor(all, 'TRACES', known)).toEqual(['otlp'])
    expect(exportersFor(all, 'METRICS', known)).toEqual(['otlp'])
    const traces = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }
    expect(exportersFor(traces, 'TRACES', known)).toEqual(['otlp'])
    expect(exportersFor(traces, 'METRICS', known)).toEqual([])
    expect(endpointFor(traces, 'TRACES')).toBe('http://collector:4318/v1/traces')
    expect(hasExporters(traces)).toBe(true)
  })

  it('follows OTEL_TRACES_EXPORTER', () => {
    const env = (value: string): Record<string, string> => ({
      OTEL_TRACES_EXPORTER: value,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c',
    })
    expect(exportersFor(env('none'), 'TRACES', known)).toEqual([])
    expect(exportersFor(env('otlp, console'), 'TRACES', known)).toEqual(['otlp', 'console'])
    expect(exportersFor({ OTEL_TRACES_EXPORTER: 'otlp' }, 'TRACES', known)).toEqual(['otlp'])
    expect(() => exportersFor(env('zipkin'), 'TRACES', known)).toThrow(EnvironmentError)
  })

  it('sends nothing when the SDK is switched off', () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_SDK_DISABLED: 'TRUE' }
    expect(exportersFor(env, 'TRACES', known)).toEqual([])
    expect(exportersFor({ ...env, OTEL_TRACES_EXPORTER: 'otlp' }, 'TRACES', known)).toEqual([])
  })

  it.each(['nonsense', 'localhost:4318', 'ftp://c'])(
    'refuses %s as an endpoint, rather than send to localhost',
    async (endpoint) => {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }
      await expect(otlpTraceExporter(env)).rejects.toThrow('OTEL_EXPORTER_OTLP_ENDPOINT is no URL')
      await expect(otlpMetricExporter(env)).rejects.toThrow(EnvironmentError)
      const grpc = { ...env, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }
      await expect(otlpTraceExporter(grpc)).resolves.toBeDefined()
    },
  )

  it('takes numbers above zero only', () => {
    expect(numberSetting({ N: '5' }, 'N')).toBe(5)
    expect(numberSetting({ N: '0' }, 'N')).toBeUndefined()
    expect(numberSetting({ N: 'x' }, 'N')).toBeUndefined()
    expect(numberSetting({}, 'N')).toBeUndefined()
  })
})

describe('a failure', () => {
  const error = (code: unknown, message = 'no'): Error => Object.assign(new Error(message), { code })

  it('is worth another try unless the collector refuses', () => {
    for (const code of [undefined, 'ECONNREFUSED', 408, 429, 500, 503, 4, 14]) {
      expect(classifyFailure(error(code))).toBe('later')
    }
    for (const code of [400, 401, 403, 404, 415, 3, 16]) expect(classifyFailure(error(code))).toBe('refused')
    expect(classifyFailure(error(413))).toBe('too-large')
    expect(classifyFailure(undefined)).toBe('later')
  })

  it('is told in a few words', () => {
    expect(describeFailure(error(503, 'Service Unavailable'))).toBe('HTTP 503 Service Unavailable')
    expect(describeFailure(error('ECONNREFUSED', 'connect ECONNREFUSED ::1'))).toBe(
      'connect ECONNREFUSED ::1',
    )
    expect(describeFailure(new AggregateError([new Error('connect refused')], ''))).toBe('connect refused')
    expect(describeFailure(undefined)).toBe('the export failed')
  })
})
