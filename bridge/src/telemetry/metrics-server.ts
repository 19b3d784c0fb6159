import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'

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
  readonly #server: Server
  readonly #serializer = new PrometheusSerializer()
  #serving: Promise<string> | undefined

  constructor() {
    // The exporter reads and aggregates; its own server has no limits and listens on all interfaces.
    this.reader = new PrometheusExporter({ preventServerStart: true })
    this.#server = createServer(
      {
        maxHeaderSize: 8 * 1024,
        headersTimeout: 5_000,
        requestTimeout: 10_000,
        keepAliveTimeout: 30_000,
        connectionsCheckingInterval: 1_000,
      },
      (request, response) => this.#handle(request, response),
    )
    this.#server.maxConnections = MAX_CONNECTIONS
    this.#server.maxRequestsPerSocket = 1_000
  }

  /** Starts listening; answers the address in the form `http://host:port/metrics`. */
  async listen(host: string, port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    // The bridge lives as long as its input, not as long as somebody could ask.
    this.#server.unref()
    const { address, family, port: bound } = this.#server.address() as AddressInfo
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}/metrics`
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    this.#server.closeAllConnections()
    await closed
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
