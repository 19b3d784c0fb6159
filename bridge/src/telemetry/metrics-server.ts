import type { IncomingMessage, ServerResponse } from 'node:http'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { LimitedServer } from '../output/limited-server.js'

/** Content type of the Prometheus text format; Prometheus 3 refuses a scrape without the version. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** One scraper needs one connection; this many leave room for a few and for a person who looks. */
const MAX_CONNECTIONS = 32

/**
 * Serves the metrics for Prometheus at `/metrics` and nothing else: GET and HEAD, small requests, and no patience with
 * slow ones. `reader` has to be among the meter provider's readers.
 */
export class MetricsServer {
  readonly reader: PrometheusExporter
  readonly #server: LimitedServer
  readonly #serializer = new PrometheusSerializer()
  #serving: Promise<string> | undefined

  constructor() {
    // The exporter reads and aggregates; its own server has no limits and listens on all interfaces.
    this.reader = new PrometheusExporter({ preventServerStart: true })
    this.#server = new LimitedServer((request, response) => this.#handle(request, response), MAX_CONNECTIONS)
    this.#server.maxRequestsPerSocket = 1_000
  }

  /** Starts listening; answers the address in the form `http://host:port/metrics`. */
  async listen(host: string, port: number): Promise<string> {
    const { origin } = await this.#server.listen(host, port)
    return `${origin}/metrics`
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    request.resume()
    const path = request.url?.split('?', 1)[0]
    if (path !== '/metrics') {
      response.writeHead(404).end()
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
    } else {
      void this.#collect().then(
        (text) => {
          const length = Buffer.byteLength(text)
          response.writeHead(200, { 'content-type': CONTENT_TYPE, 'content-length': length })
          response.end(request.method === 'HEAD' ? undefined : text)
        },
        () => response.writeHead(500).end(),
      )
    }
  }

  /** Requests that come while one is being answered get the same answer. */
  #collect(): Promise<string> {
    this.#serving ??= this.reader
      .collect()
      .then(({ resourceMetrics }) => this.#serializer.serialize(resourceMetrics))
      .finally(() => {
        this.#serving = undefined
      })
    return this.#serving
  }
}
