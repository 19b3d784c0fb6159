import type { Context } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { attempt } from './attempt.js'
import { classifyFailure, describeFailure } from './refusal.js'

/** What a {@link Delivery} tells about its troubles, as they happen. */
export interface DeliveryNews {
  /** The first failure after a success. */
  failing(reason: string): void
  /** The first success after a failure. */
  recovered(seconds: number): void
  /** Spans will not be tried again. */
  lost(count: number, reason: string): void
}

export interface DeliveryOptions {
  /** Spans in one request. @default 512 */
  readonly maxBatch?: number
  /** Spans waiting, beyond which reading is held back. @default 8192 */
  readonly maxQueue?: number
  /** Longest time a span waits for others to be sent with, in ms. @default 1000 */
  readonly delay?: number
  /** Requests under way at once. @default 4 */
  readonly concurrency?: number
  /** How long failures may go on without one success before spans are given up, in ms. @default 300_000 */
  readonly giveUp?: number
  /** Longest time one export may take, in ms; then it has failed. @default 21_000 */
  readonly exportTimeout?: number
  /** Longest pause between two tries, in ms. @default 5000 */
  readonly maxPause?: number
  readonly news?: Partial<DeliveryNews>
}

interface Batch {
  readonly spans: ReadableSpan[]
  /** Number of the first span, counted over all spans. */
  readonly first: number
}

/** How one try went. */
interface Outcome {
  readonly ok: boolean
  readonly error: Error | undefined
  /** Spans that the collector did not take, though it took the others. */
  readonly refused: number
}

const FIRST_PAUSE_MS = 200
const SAMPLED = 1

/**
 * Takes finished spans and sees to it that the exporter delivers them: in batches, a few at a time, tried again while
 * the collector is away. It drops nothing while there is hope: when it falls behind, {@link ready} holds the reader.
 * Only after failures without one success for `giveUp` are spans given up, and counted.
 */
export class Delivery implements SpanProcessor {
  readonly #exporter: SpanExporter
  readonly #maxBatch: number
  readonly #maxQueue: number
  readonly #delay: number
  readonly #concurrency: number
  readonly #maxPause: number
  readonly #exportTimeout: number
  readonly #news: Partial<DeliveryNews>
  readonly #giveUp: number
  #queue: ReadableSpan[] = []
  readonly #inFlight = new Set<Batch>()
  #inFlightSpans = 0
  #made = 0
  #delivered = 0
  #undelivered = 0
  /** Spans refused of the batch whose success is told next. */
  #refused = 0
  /** Number of the first span given up, which a restart has to send again. */
  #firstLost: number | undefined
  #timer: NodeJS.Timeout | undefined
  #failingSince: number | undefined
  /** Failures went on for too long; until the next success every batch has one try. */
  #hopeless = false
  #flushing = 0
  #deadline = Number.POSITIVE_INFINITY
  #abandoned = false
  #stopTimer: NodeJS.Timeout | undefined
  /** What goes on at this moment and is to be broken off when the time is over. */
  readonly #breakOff = new Set<() => void>()
  #waiters: { done: () => boolean; resolve: () => void }[] = []

  constructor(exporter: SpanExporter, options: DeliveryOptions = {}) {
    this.#exporter = exporter
    this.#maxBatch = options.maxBatch ?? 512
    this.#maxQueue = Math.max(options.maxQueue ?? 8192, this.#maxBatch)
    this.#delay = options.delay ?? 1000
    this.#concurrency = options.concurrency ?? 4
    this.#giveUp = options.giveUp ?? 300_000
    this.#maxPause = options.maxPause ?? 5000
    this.#exportTimeout = options.exportTimeout ?? 21_000
    this.#news = options.news ?? {}
  }

  /** Sampled spans finished so far. */
  get made(): number {
    return this.#made
  }

  /** Spans an export of which succeeded. */
  get delivered(): number {
    return this.#delivered
  }

  /** Spans that were given up. */
  get undelivered(): number {
    return this.#undelivered
  }

  /** Spans that are neither delivered nor given up yet. */
  get waiting(): number {
    return this.#queue.length + this.#inFlightSpans
  }

  /** All spans with a number below this one (counted from 0) are delivered, or were refused for good. */
  get settledBelow(): number {
    let settled = this.#made - this.#queue.length
    for (const batch of this.#inFlight) settled = Math.min(settled, batch.first)
    return Math.min(settled, this.#firstLost ?? settled)
  }

  onStart(_span: Span, _parentContext: Context): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & SAMPLED) === 0) return
    this.#made++
    this.#queue.push(span)
    if (this.#hopeless && this.#queue.length > this.#maxQueue) this.#dropOldest()
    if (this.#queue.length >= this.#maxBatch) this.#pump()
    else this.#schedule()
  }

  /**
   * `undefined` while there is room; otherwise a promise that resolves when there is again. Once spans had to be given
   * up there is always room: a collector that stays away must not stop the program whose output is read.
   */
  ready(): Promise<void> | undefined {
    if (this.#hasRoom(this.#maxQueue)) return undefined
    this.#pump()
    return this.#until(() => this.#hasRoom(this.#maxQueue / 2))
  }

  /** Resolves when every span finished by now is delivered or given up. */
  async forceFlush(): Promise<void> {
    const target = this.#made
    this.#flushing++
    this.#pump()
    try {
      await this.#until(() => this.#openBelow() >= target)
    } finally {
      this.#flushing--
    }
  }

  async shutdown(): Promise<void> {
    await this.forceFlush()
    clearTimeout(this.#stopTimer)
    await this.#abandonable(this.#exporter.shutdown())
  }

  /** The process is to end: what is not delivered within `ms` is given up, whether or not an answer is pending. */
  stopWithin(ms: number): void {
    const deadline = performance.now() + ms
    if (deadline >= this.#deadline) return
    this.#deadline = deadline
    clearTimeout(this.#stopTimer)
    this.#stopTimer = setTimeout(() => {
      this.#abandoned = true
      for (const breakOff of this.#breakOff) breakOff()
      this.#pump()
    }, ms)
  }

  /** The collector takes a batch but for some of its spans: told just before the exporter says that it succeeded. */
  refused(count: number): void {
    this.#refused += count
  }

  #hasRoom(bound: number): boolean {
    return this.#hopeless || this.#abandoned || this.waiting < bound
  }

  /** Like {@link settledBelow}, but spans given up count as done. */
  #openBelow(): number {
    let open = this.#made - this.#queue.length
    for (const batch of this.#inFlight) open = Math.min(open, batch.first)
    return open
  }

  #until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push({ done, resolve }))
  }

  #wake(): void {
    const waiting = this.#waiters
    this.#waiters = []
    for (const waiter of waiting) {
      if (waiter.done()) waiter.resolve()
      else this.#waiters.push(waiter)
    }
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#queue.length === 0) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#pump(true)
    }, this.#delay)
    this.#timer.unref()
  }

  /** Sends what may be sent: full batches, and with `all` (or while a flush waits) the rest as well. */
  #pump(all = false): void {
    if (this.#abandoned) {
      const left = this.#queue.length
      this.#queue = []
      if (left > 0) this.#lose(left, this.#made - left, 'the time to deliver ran out')
      this.#wake()
      return
    }
    const limit = this.#hopeless ? 1 : this.#concurrency
    const least = all || this.#flushing > 0 ? 1 : this.#maxBatch
    while (this.#inFlight.size < limit && this.#queue.length >= least) {
      const first = this.#made - this.#queue.length
      const spans = this.#queue.splice(0, this.#maxBatch)
      const batch: Batch = { spans, first }
      this.#inFlight.add(batch)
      this.#inFlightSpans += spans.length
      void this.#deliver(batch).then(() => {
        this.#inFlight.delete(batch)
        this.#inFlightSpans -= spans.length
        this.#pump()
        this.#wake()
      })
    }
    this.#schedule()
  }

  async #deliver(batch: Batch): Promise<void> {
    let pause = FIRST_PAUSE_MS
    for (;;) {
      if (this.#abandoned) {
        this.#lose(batch.spans.length, batch.first, 'the time to deliver ran out')
        return
      }
      const begun = performance.now()
      const result = await this.#abandonable(this.#export(batch.spans))
      if (result === undefined) continue
      if (result.ok) {
        this.#succeeded(batch.spans.length, result.refused)
        return
      }
      const failure = classifyFailure(result.error)
      if (failure === 'too-large' && batch.spans.length > 1) {
        await this.#deliverHalves(batch)
        return
      }
      if (failure !== 'later') {
        this.#undelivered += batch.spans.length
        this.#news.lost?.(batch.spans.length, describeFailure(result.error))
        return
      }
      if (!this.#mayTryAgain(describeFailure(result.error), begun)) {
        this.#lose(batch.spans.length, batch.first, describeFailure(result.error))
        return
      }
      await this.#abandonable(sleep(pause))
      pause = Math.min(pause * 2, this.#maxPause)
    }
  }

  async #deliverHalves(batch: Batch): Promise<void> {
    const middle = Math.ceil(batch.spans.length / 2)
    await this.#deliver({ spans: batch.spans.slice(0, middle), first: batch.first })
    await this.#deliver({ spans: batch.spans.slice(middle), first: batch.first + middle })
  }

  /** One try. Never rejects. */
  async #export(spans: ReadableSpan[]): Promise<Outcome> {
    // The host's id is read in the background; the SDK's own processors wait for it too.
    const { resource } = spans[0]!
    if (resource.asyncAttributesPending) await resource.waitForAsyncAttributes?.()
    let refused = 0
    const result = await attempt((done) => {
      this.#exporter.export(spans, (answer) => {
        // Of an answer that comes too late as well: its spans are sent again. No collector can refuse more than it got.
        refused = Math.min(this.#refused, spans.length)
        this.#refused = 0
        done(answer)
      })
    }, this.#exportTimeout)
    return { ok: result.code === 0, error: result.error, refused }
  }

  #succeeded(count: number, refused: number): void {
    this.#delivered += count - refused
    if (refused > 0) {
      this.#undelivered += refused
      this.#news.lost?.(refused, 'the collector refused them')
    }
    if (this.#failingSince === undefined) return
    const seconds = (performance.now() - this.#failingSince) / 1000
    this.#failingSince = undefined
    this.#hopeless = false
    this.#news.recovered?.(seconds)
  }

  /** @param begun when the try that failed began: an exporter can take its time before it says so */
  #mayTryAgain(reason: string, begun: number): boolean {
    const now = performance.now()
    if (this.#failingSince === undefined) {
      this.#failingSince = begun
      this.#news.failing?.(reason)
    }
    if (!this.#hopeless && now - this.#failingSince >= this.#giveUp) this.#hopeless = true
    return !this.#hopeless && now < this.#deadline
  }

  #lose(count: number, first: number, reason: string): void {
    this.#undelivered += count
    this.#firstLost = Math.min(this.#firstLost ?? first, first)
    this.#news.lost?.(count, reason)
    // A flush that waits would otherwise send batch after batch into a collector that is not there.
    if (this.#hopeless && this.#flushing > 0 && this.#queue.length > 0) {
      const left = this.#queue.length
      this.#queue = []
      this.#undelivered += left
      this.#news.lost?.(left, reason)
    }
    this.#wake()
  }

  #dropOldest(): void {
    const dropped = this.#queue.splice(0, this.#maxBatch).length
    this.#undelivered += dropped
    this.#firstLost ??= this.#made - this.#queue.length - dropped
    this.#news.lost?.(dropped, 'the collector has been away for too long')
  }

  /** The promise's value, or `undefined` as soon as the time to deliver is over. */
  async #abandonable<T>(promise: Promise<T>): Promise<T | undefined> {
    if (this.#abandoned) return undefined
    let breakOff: () => void = () => undefined
    const brokenOff = new Promise<undefined>((resolve) => {
      breakOff = () => resolve(undefined)
    })
    this.#breakOff.add(breakOff)
    try {
      return await Promise.race([promise, brokenOff])
    } finally {
      this.#breakOff.delete(breakOff)
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
