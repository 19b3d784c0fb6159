import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import type { ContentionRecorder, OpenAcquires } from 'storage-lock-otel'
import { LimitedServer } from '../output/limited-server.js'
import { encodeFacts } from './encode.js'
import { createLivePage, type PageOptions } from './html.js'

/** Browsers open up to six connections each; tabs share them. */
const MAX_CONNECTIONS = 256
/** Tabs that ask within so many milliseconds get the same answer. */
const FRESH_MS = 250
/** Facts that a live page keeps, and for how many seconds: what a browser draws with ease. */
export const LIVE_FACTS = 60_000
export const LIVE_WINDOW_SECONDS = 900

/**
 * Serves the contention page and, to pages that ask, what happened since they last asked. It keeps nothing
 * for anybody: a page says how far it knows, so any number of tabs may come, fall asleep and go.
 */
export class LiveReport {
  readonly #recorder: ContentionRecorder
  readonly #open: () => OpenAcquires | undefined
  readonly #page: Buffer
  readonly #server: LimitedServer
  /** Pages that know of another run begin anew. */
  readonly #run = randomUUID()
  #loopback = true
  #answer: { key: string; at: number; body: Buffer | undefined } | undefined

  /**
   * @param recorder whose facts are shown; bounded, e.g. by `LIVE_FACTS` and `LIVE_WINDOW_SECONDS`
   * @param open who waits now; a listener's `waiting()` tells
   * @throws TypeError for a `traceUrl` that is no address of traces
   */
  constructor(
    recorder: ContentionRecorder,
    options: PageOptions = {},
    open: () => OpenAcquires | undefined = () => undefined,
  ) {
    this.#open = open
    this.#recorder = recorder
    this.#page = Buffer.from(createLivePage(options))
    this.#server = new LimitedServer((request, response) => this.#handle(request, response), MAX_CONNECTIONS)
  }

  /** Starts listening; answers the page's address. */
  async listen(host: string, port: number): Promise<string> {
    const { address, origin } = await this.#server.listen(host, port)
    this.#loopback = address === '::1' || address.startsWith('127.')
    return `${origin}/`
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    request.resume()
    response.setHeader('x-content-type-options', 'nosniff')
    response.setHeader('cross-origin-resource-policy', 'same-origin')
    response.setHeader('cache-control', 'no-store')
    const [path, query] = (request.url ?? '').split('?', 2)
    if (!this.#trusts(request.headers.host)) response.writeHead(421).end()
    else if (path !== '/' && path !== '/facts') response.writeHead(404).end()
    else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
    } else if (path === '/') this.#send(request, response, 'text/html; charset=utf-8', this.#page)
    else this.#facts(request, response, new URLSearchParams(query))
  }

  /**
   * A page elsewhere can have its own name point at this machine and so read what is served to loopback only;
   * its requests carry that name.
   */
  #trusts(host: string | undefined): boolean {
    if (!this.#loopback) return true
    const name = (host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
    return name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0
  }

  #facts(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    const known = query.get('run') === this.#run ? Number(query.get('since')) : 0
    const since = Number.isSafeInteger(known) && known > 0 ? known : 0
    const { seq } = this.#recorder
    const key = `${since} ${seq}`
    const now = performance.now()
    if (this.#answer?.key !== key || now - this.#answer.at > FRESH_MS) {
      const facts = this.#recorder.since(since, this.#open())
      const news = since === 0 || facts.facts.length + facts.held.length + facts.waiting.length > 0
      const body = news
        ? Buffer.from(JSON.stringify({ run: this.#run, data: encodeFacts(facts) }))
        : undefined
      this.#answer = { key, at: now, body }
    }
    const { body } = this.#answer
    if (body === undefined) response.writeHead(204).end()
    else this.#send(request, response, 'application/json', body)
  }

  #send(request: IncomingMessage, response: ServerResponse, type: string, body: Buffer): void {
    response.writeHead(200, { 'content-type': type, 'content-length': body.length })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
}
