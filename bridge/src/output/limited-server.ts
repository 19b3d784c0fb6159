import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Where a server listens: its address, and that as the start of a URL. */
export interface Listening {
  readonly address: string
  /** `http://host:port`, without a path. */
  readonly origin: string
}

/**
 * A server for a page or figures to be read: small requests only, and no patience with slow ones. It does not
 * keep the process alive: the bridge lives as long as its input, not as long as somebody could ask.
 */
export class LimitedServer {
  readonly #server: Server

  /** @param maxConnections more than these are turned away */
  constructor(handle: RequestListener, maxConnections: number) {
    this.#server = createServer(
      {
        maxHeaderSize: 8 * 1024,
        headersTimeout: 5_000,
        requestTimeout: 10_000,
        keepAliveTimeout: 30_000,
        connectionsCheckingInterval: 1_000,
      },
      handle,
    )
    this.#server.maxConnections = maxConnections
  }

  /** Requests that one connection may make. @default no limit */
  set maxRequestsPerSocket(count: number) {
    this.#server.maxRequestsPerSocket = count
  }

  /** Starts listening. @throws where the address or port cannot be had */
  async listen(host: string, port: number): Promise<Listening> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        // A connection that could not be accepted, as when there are no more files: whoever asks asks again.
        this.#server.on('error', () => undefined)
        resolve()
      })
    })
    this.#server.unref()
    const { address, family, port: bound } = this.#server.address() as AddressInfo
    return { address, origin: `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}` }
  }

  /** Ends every connection, and listening. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    this.#server.closeAllConnections()
    await closed
  }
}
