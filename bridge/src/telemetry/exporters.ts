import type { metrics } from '@opentelemetry/sdk-node'
import type { SpanExporter } from '@opentelemetry/sdk-trace-base'
import { LONGEST_TIMER_MS } from './attempt.js'

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

type Signal = 'TRACES' | 'METRICS'

/** Settings in the environment that cannot be followed. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
}

/** A variable's value; empty ones count as unset, as the OpenTelemetry specification has it. */
export function setting(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim()
  return value === undefined || value === '' ? undefined : value
}

/** A number above zero from the environment. */
function numberSetting(env: Environment, name: string): number | undefined {
  const value = Number(setting(env, name))
  return Number.isFinite(value) && value > 0 ? value : undefined
}

/** How many of something, at least one; a part of one counts for none. */
export function countSetting(env: Environment, name: string): number | undefined {
  return Math.floor(numberSetting(env, name) ?? 0) || undefined
}

/** Milliseconds that a timer can wait for: one of Node's that is to wait for longer does not wait at all. */
export function millisecondsSetting(env: Environment, name: string): number | undefined {
  const value = numberSetting(env, name)
  return value === undefined ? undefined : Math.min(Math.ceil(value), LONGEST_TIMER_MS)
}

/** A port; 0 takes a free one. @throws {EnvironmentError} for anything else */
export function portSetting(env: Environment, name: string): number | undefined {
  const value = setting(env, name)
  if (value === undefined) return undefined
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535) {
    throw new EnvironmentError(`${name}=${value} is no port`)
  }
  return Number(value)
}

/** Where OTLP of this signal goes, when the environment says so. */
export function endpointFor(env: Environment, signal: Signal): string | undefined {
  return setting(env, `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`) ?? setting(env, 'OTEL_EXPORTER_OTLP_ENDPOINT')
}

/**
 * The exporters asked for: `OTEL_TRACES_EXPORTER` or `OTEL_METRICS_EXPORTER`; when unset, `otlp` if there is an
 * endpoint to send to, and none otherwise (the SDK would send to localhost).
 */
export function exportersFor(env: Environment, signal: Signal, known: readonly string[]): string[] {
  const variable = `OTEL_${signal}_EXPORTER`
  const value = setting(env, variable)
  if (value === undefined) return endpointFor(env, signal) === undefined || isDisabled(env) ? [] : ['otlp']
  const names = [...new Set(value.split(',').map((name) => name.trim()))].filter((name) => name !== '')
  if (names.includes('none') || isDisabled(env)) return []
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new EnvironmentError(`${variable}=${unknown} is not known here; use ${known.join(', ')} or none`)
  }
  return names
}

/** Whether the whole SDK is switched off. */
export const isDisabled = (env: Environment): boolean =>
  setting(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true'

type Protocol = 'http/protobuf' | 'http/json' | 'grpc'

function protocolFor(env: Environment, signal: Signal): Protocol {
  const own = `OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`
  const common = 'OTEL_EXPORTER_OTLP_PROTOCOL'
  const value = setting(env, own) ?? setting(env, common) ?? 'http/protobuf'
  if (value === 'http/protobuf' || value === 'http/json' || value === 'grpc') return value
  const variable = setting(env, own) === undefined ? common : own
  throw new EnvironmentError(`${variable}=${value} is not known; use http/protobuf, http/json or grpc`)
}

/** An exporter takes an endpoint that makes no sense for none, and would send to localhost. */
function checkEndpoint(env: Environment, signal: Signal, protocol: Protocol): void {
  const endpoint = endpointFor(env, signal)
  if (endpoint === undefined || protocol === 'grpc') return
  if (URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)) return
  const own = `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`
  const variable = setting(env, own) === undefined ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : own
  throw new EnvironmentError(`${variable} is no URL; give one such as http://localhost:4318`)
}

/** The OTLP exporter for spans; endpoint, headers and the rest it reads from the environment itself. */
export async function otlpTraceExporter(env: Environment): Promise<SpanExporter> {
  const protocol = protocolFor(env, 'TRACES')
  checkEndpoint(env, 'TRACES', protocol)
  switch (protocol) {
    case 'grpc': {
      const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-grpc')
      return new OTLPTraceExporter()
    }
    case 'http/json': {
      const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
      return new OTLPTraceExporter()
    }
    default: {
      const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto')
      return new OTLPTraceExporter()
    }
  }
}

/** The OTLP exporter for metrics. */
export async function otlpMetricExporter(env: Environment): Promise<metrics.PushMetricExporter> {
  const protocol = protocolFor(env, 'METRICS')
  checkEndpoint(env, 'METRICS', protocol)
  switch (protocol) {
    case 'grpc': {
      const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-grpc')
      return new OTLPMetricExporter()
    }
    case 'http/json': {
      const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-http')
      return new OTLPMetricExporter()
    }
    default: {
      const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-proto')
      return new OTLPMetricExporter()
    }
  }
}
