import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildGo, TEMPO } from './go.js'
import type { OtlpSpan } from './otlp.js'
import { freePorts } from './ports.js'
import { Server } from './server.js'

/** A trace that a TraceQL query found, with the spans that matched. */
export interface TempoMatch {
  readonly traceId: string
  readonly spans: readonly { readonly spanId: string; readonly name: string; readonly seconds: number }[]
}

interface SearchAnswer {
  readonly traces?: readonly {
    readonly traceID: string
    readonly spanSets?: readonly {
      readonly spans: readonly {
        readonly spanID: string
        readonly name?: string
        readonly durationNanos: string
      }[]
    }[]
  }[]
}

/** A real Tempo on loopback, all its parts in one process, with its data in a temporary folder. */
export class Tempo {
  readonly #server = new Server('tempo')
  #url = ''
  /** Where OTLP over HTTP is taken. */
  otlpEndpoint = ''

  static async start(): Promise<Tempo> {
    const tempo = new Tempo()
    const [http, grpc, otlp, gossip] = await freePorts(4)
    const config = join(tempo.#server.folder, 'tempo.json')
    writeFileSync(config, JSON.stringify(configuration(tempo.#server.folder, { http, grpc, otlp, gossip })))
    tempo.#url = `http://127.0.0.1:${http}`
    tempo.otlpEndpoint = `http://127.0.0.1:${otlp}`
    // Tempo calls itself ready only 15 s after its parts are.
    await tempo.#server.start(buildGo(TEMPO), [`-config.file=${config}`], async () => {
      return (await fetch(`${tempo.#url}/ready`)).ok
    })
    return tempo
  }

  /** What a TraceQL query finds; ids are padded to their full length, which Tempo's own answers are not. */
  async search(query: string): Promise<TempoMatch[]> {
    const parameters = new URLSearchParams({ q: query, limit: '1000', spss: '1000' })
    const response = await fetch(`${this.#url}/api/search?${parameters.toString()}`)
    if (!response.ok) throw new Error(`${query}: ${response.status} ${await response.text()}`)
    const { traces = [] } = (await response.json()) as SearchAnswer
    return traces.map((trace) => ({
      traceId: trace.traceID.padStart(32, '0'),
      spans: (trace.spanSets ?? []).flatMap((set) =>
        set.spans.map((span) => ({
          spanId: span.spanID.padStart(16, '0'),
          name: span.name ?? '',
          seconds: Number(span.durationNanos) / 1e9,
        })),
      ),
    }))
  }

  /** The spans of a trace; none where Tempo has no such trace. */
  async spans(traceId: string): Promise<OtlpSpan[]> {
    const response = await fetch(`${this.#url}/api/traces/${traceId}`)
    if (response.status === 404) return []
    const { batches } = (await response.json()) as { batches: { scopeSpans: { spans: OtlpSpan[] }[] }[] }
    const hex = (base64: string): string => Buffer.from(base64, 'base64').toString('hex')
    return batches
      .flatMap((batch) => batch.scopeSpans.flatMap((scope) => scope.spans))
      .map((span) => ({ ...span, traceId: hex(span.traceId), spanId: hex(span.spanId) }))
  }

  stop(): Promise<void> {
    return this.#server.stop()
  }
}

type Port = 'http' | 'grpc' | 'otlp' | 'gossip'

function configuration(folder: string, ports: Readonly<Record<Port, number | undefined>>): object {
  const ring = { kvstore: { store: 'inmemory' } }
  return {
    target: 'all',
    server: {
      http_listen_address: '127.0.0.1',
      http_listen_port: ports.http,
      grpc_listen_address: '127.0.0.1',
      grpc_listen_port: ports.grpc,
      log_level: 'warn',
    },
    distributor: { receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${ports.otlp}` } } } } },
    // A trace can be searched for once no span has come for it this long.
    ingester: {
      trace_idle_period: '1s',
      flush_check_period: '1s',
      lifecycler: { address: '127.0.0.1', ring: { ...ring, replication_factor: 1 } },
    },
    compactor: { ring: { ...ring, instance_addr: '127.0.0.1', wait_stability_min_duration: '0s' } },
    querier: { frontend_worker: { frontend_address: `127.0.0.1:${ports.grpc}` } },
    memberlist: { bind_addr: ['127.0.0.1'], bind_port: ports.gossip },
    storage: {
      trace: {
        backend: 'local',
        wal: { path: join(folder, 'wal') },
        local: { path: join(folder, 'blocks') },
      },
    },
    usage_report: { reporting_enabled: false },
  }
}
