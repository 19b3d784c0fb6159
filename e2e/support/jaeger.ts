import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildGo, JAEGER } from './go.js'
import type { OtlpSpan } from './otlp.js'
import { freePorts } from './ports.js'
import { Server } from './server.js'

/** A span as Jaeger's own query API gives it: times in microseconds, parents and links as references. */
export interface JaegerSpan {
  readonly traceID: string
  readonly spanID: string
  readonly operationName: string
  readonly references: readonly {
    readonly refType: string
    readonly traceID: string
    readonly spanID: string
  }[]
  readonly startTime: number
  readonly duration: number
  readonly tags: readonly { readonly key: string; readonly type: string; readonly value: unknown }[]
  readonly logs: readonly { readonly timestamp: number; readonly fields: JaegerSpan['tags'] }[]
  readonly warnings?: readonly string[] | null
}

export interface JaegerTrace {
  readonly traceID: string
  readonly spans: readonly JaegerSpan[]
  readonly warnings: readonly string[] | null
}

/** A real Jaeger on loopback that keeps traces in memory. */
export class Jaeger {
  readonly #server = new Server('jaeger')
  #query = ''
  #search = ''
  /** Where OTLP over HTTP is taken. */
  otlpEndpoint = ''

  /** Starts Jaeger on free ports and waits until it is healthy. */
  static async start(): Promise<Jaeger> {
    const jaeger = new Jaeger()
    const [otlp, query, queryGrpc, search, searchGrpc, health] = await freePorts(6)
    const config = join(jaeger.#server.folder, 'jaeger.json')
    writeFileSync(
      config,
      JSON.stringify(configuration({ otlp, query, queryGrpc, search, searchGrpc, health })),
    )
    await jaeger.#server.start(buildGo(JAEGER), ['--config', config], async () => {
      const response = await fetch(`http://127.0.0.1:${health}/status`)
      return ((await response.json()) as { healthy?: boolean }).healthy === true
    })
    jaeger.otlpEndpoint = `http://127.0.0.1:${otlp}`
    jaeger.#query = `http://127.0.0.1:${query}`
    jaeger.#search = `http://127.0.0.1:${search}`
    return jaeger
  }

  /** The trace of this id with its warnings, or undefined where there is none. */
  async trace(traceId: string): Promise<JaegerTrace | undefined> {
    const response = await fetch(`${this.#query}/api/traces/${traceId}`)
    if (response.status === 404) return undefined
    return (await body<{ data: JaegerTrace[] }>(response)).data[0]
  }

  /** The same trace's spans as OTLP, which keeps nanoseconds and the attributes of links. */
  async otlpSpans(traceId: string): Promise<OtlpSpan[]> {
    const response = await fetch(`${this.#query}/api/v3/traces/${traceId}`)
    const { result } = await body<{ result: { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] } }>(
      response,
    )
    return result.resourceSpans.flatMap((resource) => resource.scopeSpans.flatMap((scope) => scope.spans))
  }

  /** Ids of the service's traces in which one span has all these tags. */
  async search(service: string, tags: Readonly<Record<string, string>> = {}): Promise<string[]> {
    const parameters = new URLSearchParams({
      service,
      start: '0',
      end: String((Date.now() + 86_400_000) * 1000),
      limit: '10000',
      tags: JSON.stringify(tags),
    })
    const response = await fetch(`${this.#search}/api/traces?${parameters.toString()}`)
    return (await body<{ data: JaegerTrace[] }>(response)).data.map((trace) => trace.traceID)
  }

  stop(): Promise<void> {
    return this.#server.stop()
  }
}

async function body<T>(response: Response): Promise<T> {
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}

type Port = 'otlp' | 'query' | 'queryGrpc' | 'search' | 'searchGrpc' | 'health'

/**
 * Traces are kept twice. They are read from memory; but that storage finds no span by `error=true` up to
 * Jaeger 2.13 (https://github.com/jaegertracing/jaeger/pull/8217), so searches ask an ephemeral Badger.
 */
function configuration(ports: Readonly<Record<Port, number | undefined>>): object {
  const on = (port: Port): { endpoint: string } => ({ endpoint: `127.0.0.1:${ports[port]}` })
  return {
    service: {
      extensions: ['jaeger_storage', 'jaeger_query', 'jaeger_query/search', 'healthcheckv2'],
      pipelines: {
        traces: {
          receivers: ['otlp'],
          exporters: ['jaeger_storage_exporter', 'jaeger_storage_exporter/search'],
        },
      },
      telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
    },
    extensions: {
      jaeger_storage: {
        backends: { memory: { memory: { max_traces: 100_000 } }, badger: { badger: { ephemeral: true } } },
      },
      // The adjustment for clock skew is on, so that it would warn if it saw a child outside its parent.
      jaeger_query: {
        storage: { traces: 'memory' },
        max_clock_skew_adjust: '1h',
        http: on('query'),
        grpc: on('queryGrpc'),
      },
      'jaeger_query/search': { storage: { traces: 'badger' }, http: on('search'), grpc: on('searchGrpc') },
      healthcheckv2: { use_v2: true, http: on('health') },
    },
    receivers: { otlp: { protocols: { http: on('otlp') } } },
    exporters: {
      jaeger_storage_exporter: { trace_storage: 'memory' },
      'jaeger_storage_exporter/search': { trace_storage: 'badger' },
    },
  }
}
