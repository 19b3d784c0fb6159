import { describe, expect, it } from 'vitest'
import { exportLimit } from '../../src/telemetry/attempt.js'
import {
  countSetting,
  EnvironmentError,
  endpointFor,
  exportersFor,
  millisecondsSetting,
  otlpMetricExporter,
  otlpTraceExporter,
  portSetting,
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

  it('takes counts of at least one only', () => {
    expect(countSetting({ N: '5' }, 'N')).toBe(5)
    expect(countSetting({ N: '1.5' }, 'N')).toBe(1)
    for (const value of ['0', '-3', '0.5', 'x', ''])
      expect(countSetting({ N: value }, 'N'), value).toBeUndefined()
    expect(countSetting({}, 'N')).toBeUndefined()
  })

  it('takes no time that a timer would take for none', () => {
    expect(millisecondsSetting({ N: '250' }, 'N')).toBe(250)
    expect(millisecondsSetting({ N: '0.5' }, 'N')).toBe(1)
    expect(millisecondsSetting({ N: '9999999999' }, 'N')).toBe(2 ** 31 - 1)
    expect(exportLimit(2 ** 31 - 1)).toBe(2 ** 31 - 1)
    for (const value of ['0', '-3', '10s', '']) expect(millisecondsSetting({ N: value }, 'N')).toBeUndefined()
  })

  it('takes ports only', () => {
    expect(portSetting({ P: '9464' }, 'P')).toBe(9464)
    expect(portSetting({ P: '0' }, 'P')).toBe(0)
    expect(portSetting({ P: '' }, 'P')).toBeUndefined()
    for (const value of ['99999999', '65536', '94.5', '-1', 'http'])
      expect(() => portSetting({ P: value }, 'P'), value).toThrow(`P=${value} is no port`)
  })
})

describe('a failure', () => {
  const error = (code: unknown, message = 'no'): Error => Object.assign(new Error(message), { code })

  it('is worth another try unless the collector refuses', () => {
    for (const code of [undefined, 'ECONNREFUSED', 408, 429, 500, 503, 4, 14]) {
      expect(classifyFailure(error(code))).toBe('later')
    }
    for (const code of [400, 401, 403, 404, 415, 501, 3, 16])
      expect(classifyFailure(error(code))).toBe('refused')
    expect(classifyFailure(error(413))).toBe('too-large')
    // Go's, C++'s and Node's, and Java's words for it; without them it is an overload, which passes.
    const grpc = [
      'grpc: received message larger than max (5 vs. 4)',
      'gRPC message exceeds maximum size 4194304: 5',
    ]
    for (const words of grpc)
      expect(classifyFailure(error(8, `8 RESOURCE_EXHAUSTED: ${words}`))).toBe('too-large')
    expect(classifyFailure(error(8, '8 RESOURCE_EXHAUSTED: memory'))).toBe('later')
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
