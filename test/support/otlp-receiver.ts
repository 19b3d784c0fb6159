import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { decodeMetricsRequest, decodeTraceRequest } from './otlp-protobuf.js'

export type AttributeValue = string | number | boolean | null | AttributeValue[]
export type Attributes = Readonly<Record<string, AttributeValue>>

/** A span as it was received; times in nanoseconds. */
export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty for a root. */
  readonly parentSpanId: string
  readonly name: string
  /** OTLP's numbers: 1 internal, 2 server, 3 client. */
  readonly kind: number
  readonly start: bigint
  readonly end: bigint
  readonly attributes: Attributes
  readonly events: readonly {
    readonly name: string
    readonly time: bigint
    readonly attributes: Attributes
  }[]
  readonly links: readonly {
    readonly traceId: string
    readonly spanId: string
    readonly attributes: Attributes
  }[]
  /** OTLP's numbers: 0 unset, 1 ok, 2 error. */
  readonly status: number
  readonly statusMessage: string
  readonly resource: Attributes
}

/** A data point of a metric as it was received last. */
export interface ReceivedPoint {
  readonly attributes: Attributes
  /** Of a sum or gauge. */
  readonly value?: number
  /** Of a histogram. */
  readonly count?: number
  readonly sum?: number
  readonly min?: number
  readonly max?: number
  readonly bounds?: readonly number[]
  readonly buckets?: readonly number[]
}

export interface ReceivedMetric {
  readonly name: string
  readonly unit: string
  readonly type: 'histogram' | 'sum' | 'gauge'
  readonly points: readonly ReceivedPoint[]
}

/**
 * What the receiver does with requests: `ok` takes them; a number answers with that status and takes nothing;
 * `hang` never answers; `drip` begins to and never ends; `reset` cuts the connection off; `close` ends it without an
 * answer; `half` takes the request and answers with half a body.
 */
export type Behaviour = 'ok' | 'hang' | 'drip' | 'reset' | 'close' | 'half' | number

export interface OtlpReceiverOptions {
  /** A port to listen on; a free one if left out. */
  readonly port?: number
  /** Sent as the Retry-After header with an error status. */
  readonly retryAfter?: string
}

/** A small OTLP/HTTP receiver (JSON and protobuf) for tests, on the loopback interface. */
export class OtlpReceiver {
  /** Every span received, in the order of arrival, including those sent twice. */
  readonly spans: ReceivedSpan[] = []
  /** Requests by path, answered or not. */
  readonly requests = new Map<string, number>()
  /** Content types received. */
  readonly contentTypes = new Set<string>()
  /** Headers of the latest request. */
  headers: IncomingMessage['headers'] = {}
  behaviour: Behaviour = 'ok'
  /** Spans of each request that it says it refused (though it keeps them here). */
  rejects = 0
  /** The first requests are answered so, one each; then by {@link behaviour}. */
  script: Behaviour[] = []
  readonly #metrics = new Map<string, ReceivedMetric>()
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #retryAfter: string | undefined
  #port = 0
  #waiters: { done: () => boolean; resolve: () => void }[] = []

  private constructor(options: OtlpReceiverOptions) {
    this.#retryAfter = options.retryAfter
    this.#server = createServer((request, response) => this.#handle(request, response))
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  static async start(options: OtlpReceiverOptions = {}): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver(options)
    await new Promise<void>((resolve, reject) => {
      receiver.#server.once('error', reject)
      receiver.#server.listen(options.port ?? 0, '127.0.0.1', resolve)
    })
    receiver.#port = (receiver.#server.address() as AddressInfo).port
    return receiver
  }

  /** Stays known after {@link close}, so that another receiver can take its place. */
  get port(): number {
    return this.#port
  }

  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Spans by id: one that was sent twice counts once. */
  get spansById(): Map<string, ReceivedSpan> {
    return new Map(this.spans.map((span) => [`${span.traceId}/${span.spanId}`, span]))
  }

  /** Spans by trace id, each id once. */
  get traces(): Map<string, ReceivedSpan[]> {
    const traces = new Map<string, ReceivedSpan[]>()
    for (const span of this.spansById.values()) {
      const spans = traces.get(span.traceId)
      if (spans === undefined) traces.set(span.traceId, [span])
      else spans.push(span)
    }
    return traces
  }

  /** The latest state of a metric. */
  metric(name: string): ReceivedMetric | undefined {
    return this.#metrics.get(name)
  }

  get metricNames(): string[] {
    return [...this.#metrics.keys()]
  }

  /** Sum of a histogram's counts, or of a counter's values, over the points that have all the attributes. */
  total(name: string, attributes: Attributes = {}): number {
    const points = this.#metrics.get(name)?.points ?? []
    return points
      .filter((point) => Object.entries(attributes).every(([key, value]) => point.attributes[key] === value))
      .reduce((total, point) => total + (point.count ?? point.value ?? 0), 0)
  }

  /** Resolves as soon as the condition holds after a request; looks at once too. */
  until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push({ done, resolve }))
  }

  /** Stops listening and cuts all connections, as a collector that dies. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? ''
    this.requests.set(path, (this.requests.get(path) ?? 0) + 1)
    this.headers = request.headers
    const behaviour = this.script.shift() ?? this.behaviour
    const chunks: Buffer[] = []
    request.on('error', () => undefined)
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      this.#answer(behaviour, path, request, Buffer.concat(chunks), response)
      this.#wake()
    })
  }

  #answer(
    behaviour: Behaviour,
    path: string,
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
  ): void {
    if (typeof behaviour === 'number') {
      if (this.#retryAfter !== undefined) response.setHeader('retry-after', this.#retryAfter)
      response.writeHead(behaviour).end()
      return
    }
    switch (behaviour) {
      case 'hang':
        return
      case 'drip': {
        response.writeHead(200, { 'content-type': 'application/json' })
        const timer = setInterval(() => response.write(' '), 50)
        response.on('close', () => clearInterval(timer))
        return
      }
      case 'reset':
        request.socket.resetAndDestroy()
        return
      case 'close':
        request.socket.destroy()
        return
      case 'half':
        this.#take(path, request, body)
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '40' })
        response.write('{"partialSuccess')
        setImmediate(() => request.socket.destroy())
        return
      default: {
        const type = this.#take(path, request, body)
        if (type === undefined) response.writeHead(404).end()
        else response.writeHead(200, { 'content-type': type }).end(this.#verdict(path, type))
      }
    }
  }

  #verdict(path: string, type: string): string | Buffer {
    const rejected = path === '/v1/traces' ? this.rejects : 0
    if (type.includes('json'))
      return JSON.stringify(rejected > 0 ? { partialSuccess: { rejectedSpans: rejected } } : {})
    // Field 1, a message of two bytes: its field 1, a varint of one byte.
    return Buffer.from(rejected > 0 ? [0x0a, 2, 0x08, rejected] : [])
  }

  #take(path: string, request: IncomingMessage, body: Buffer): string | undefined {
    const type = request.headers['content-type'] ?? ''
    this.contentTypes.add(type)
    const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
    const isJson = type.includes('json')
    const json = (decode: (bytes: Uint8Array) => unknown): unknown =>
      isJson ? (JSON.parse(bytes.toString('utf8')) as unknown) : decode(bytes)
    if (path === '/v1/traces') this.#takeSpans(json(decodeTraceRequest) as TraceRequest)
    else if (path === '/v1/metrics') this.#takeMetrics(json(decodeMetricsRequest) as MetricsRequest)
    else return undefined
    return isJson ? 'application/json' : 'application/x-protobuf'
  }

  #takeSpans(request: TraceRequest): void {
    for (const { resource, scopeSpans } of request.resourceSpans ?? []) {
      const resourceAttributes = toAttributes(resource?.attributes)
      for (const { spans } of scopeSpans ?? []) {
        for (const span of spans ?? []) this.spans.push(toSpan(span, resourceAttributes))
      }
    }
  }

  #takeMetrics(request: MetricsRequest): void {
    for (const { scopeMetrics } of request.resourceMetrics ?? []) {
      for (const { metrics } of scopeMetrics ?? []) {
        for (const metric of metrics ?? []) this.#metrics.set(metric.name, toMetric(metric))
      }
    }
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) {
      if (waiter.done()) waiter.resolve()
      else this.#waiters.push(waiter)
    }
  }
}

// The wire's shapes, as far as they are read here.

interface WireValue {
  stringValue?: string
  boolValue?: boolean
  intValue?: string | number | bigint
  doubleValue?: number
  arrayValue?: { values?: WireValue[] }
}
type WireAttributes = { key: string; value: WireValue }[]
interface WireSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind?: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes?: WireAttributes
  events?: { name: string; timeUnixNano: string; attributes?: WireAttributes }[]
  links?: { traceId: string; spanId: string; attributes?: WireAttributes }[]
  status?: { code?: number; message?: string }
}
interface WirePoint {
  attributes?: WireAttributes
  asDouble?: number
  asInt?: string | number
  count?: string | number
  sum?: number
  min?: number
  max?: number
  explicitBounds?: number[]
  bucketCounts?: (string | number)[]
}
interface WireMetric {
  name: string
  unit?: string
  histogram?: { dataPoints?: WirePoint[] }
  sum?: { dataPoints?: WirePoint[] }
  gauge?: { dataPoints?: WirePoint[] }
}
interface TraceRequest {
  resourceSpans?: { resource?: { attributes?: WireAttributes }; scopeSpans?: { spans?: WireSpan[] }[] }[]
}
interface MetricsRequest {
  resourceMetrics?: { scopeMetrics?: { metrics?: WireMetric[] }[] }[]
}

function toValue(value: WireValue): AttributeValue {
  if (value.stringValue !== undefined) return value.stringValue
  if (value.boolValue !== undefined) return value.boolValue
  if (value.intValue !== undefined) return Number(value.intValue)
  if (value.doubleValue !== undefined) return value.doubleValue
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(toValue)
  return null
}

function toAttributes(attributes: WireAttributes | undefined): Attributes {
  return Object.fromEntries((attributes ?? []).map(({ key, value }) => [key, toValue(value)]))
}

function toSpan(span: WireSpan, resource: Attributes): ReceivedSpan {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? '',
    name: span.name,
    kind: span.kind ?? 0,
    start: BigInt(span.startTimeUnixNano),
    end: BigInt(span.endTimeUnixNano),
    attributes: toAttributes(span.attributes),
    events: (span.events ?? []).map((event) => ({
      name: event.name,
      time: BigInt(event.timeUnixNano),
      attributes: toAttributes(event.attributes),
    })),
    links: (span.links ?? []).map((link) => ({
      traceId: link.traceId,
      spanId: link.spanId,
      attributes: toAttributes(link.attributes),
    })),
    status: span.status?.code ?? 0,
    statusMessage: span.status?.message ?? '',
    resource,
  }
}

function toMetric(metric: WireMetric): ReceivedMetric {
  const type = metric.histogram ? 'histogram' : metric.sum ? 'sum' : 'gauge'
  const points = metric[type]?.dataPoints ?? []
  return { name: metric.name, unit: metric.unit ?? '', type, points: points.map(toPoint) }
}

function toPoint(point: WirePoint): ReceivedPoint {
  const value = point.asDouble ?? (point.asInt === undefined ? undefined : Number(point.asInt))
  return {
    attributes: toAttributes(point.attributes),
    ...(value === undefined ? {} : { value }),
    ...(point.count === undefined ? {} : { count: Number(point.count) }),
    ...(point.sum === undefined ? {} : { sum: point.sum }),
    ...(point.min === undefined ? {} : { min: point.min }),
    ...(point.max === undefined ? {} : { max: point.max }),
    ...(point.explicitBounds === undefined ? {} : { bounds: point.explicitBounds }),
    ...(point.bucketCounts === undefined ? {} : { buckets: point.bucketCounts.map(Number) }),
  }
}
