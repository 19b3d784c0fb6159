import {
  type Context,
  context as contextApi,
  createNoopMeter,
  type HrTime,
  type Meter,
  type MeterProvider,
  metrics,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import type { Event, Listener } from '../events/index.js'
import { VERSION } from '../version.js'
import { AttributeMaker } from './attributes.js'
import { takesRecords, takesSpans } from './audience.js'
import { HoldSpans } from './hold-spans.js'
import { createInstruments } from './instruments.js'
import { Intake } from './intake.js'
import { ListenerStats } from './listener-stats.js'
import { LiveMetrics } from './live-metrics.js'
import { LockNames } from './lock-name.js'
import { OperationRecorder } from './operation-recorder.js'
import { type NormalizedOptions, normalizeOptions, type OtelListenerOptions } from './options.js'
import { Pipeline } from './pipeline.js'
import { Reporter } from './reporter.js'
import { Scheduler, SLICE_MS } from './scheduler.js'
import { SCOPE_NAME } from './semconv.js'
import { SeriesTable } from './series.js'
import { ListenerSpanProcessor } from './span-processor.js'
import { SpanWriter } from './span-writer.js'
import { StreamClock } from './stream-clock.js'
import { TreeSpans } from './tree-spans.js'
import { describeWaiting, type WaitingAcquire } from './waiting.js'

/** How many events are worked off between two looks at the clock. */
const EVENTS_PER_LOOK = 64
/** How often leases are looked at while locks are held and nothing happens, in milliseconds. */
const LEASE_LOOK_MS = 5_000

/**
 * Turns the events of locks into OpenTelemetry spans and metrics. Register it as a listener on a lock; it
 * has the shape of an OpenTelemetry instrumentation too, so that an SDK can hand it its providers.
 *
 * `on()` files the event and returns: spans and records are made a few milliseconds later, in short slices.
 * It never throws, blocks or does I/O.
 *
 * @example
 * ```ts
 * const listener = new OtelListener()
 * const sdk = new NodeSDK({ idGenerator: new EventIdGenerator(), instrumentations: [listener] })
 * sdk.start()
 * lock.addListeners(listener)
 * ```
 */
export class OtelListener implements Listener {
  /** The listener's name among a lock's listeners. */
  readonly name: string
  /** For OpenTelemetry's instrumentation registry. */
  readonly instrumentationName = SCOPE_NAME
  /** The library's version. */
  readonly instrumentationVersion = VERSION

  readonly #options: NormalizedOptions
  readonly #intake = new Intake((actions) => this.#stats.drop('actionsPerEvent', actions))
  readonly #scheduler: Scheduler
  readonly #reporter: Reporter
  readonly #stats: ListenerStats
  readonly #pipeline: Pipeline
  readonly #recorder: OperationRecorder
  readonly #live: LiveMetrics
  /** As far as operations are told in full, and as far as anything was heard at all. */
  readonly #streamClock: StreamClock
  readonly #newsClock: StreamClock
  /** The moment that the events being worked off are filed at. */
  #workedAt = 0
  // Made once, not for each event.
  readonly #file = (event: Event, actionCount: number, context: Context | undefined): void => {
    if (!this.#pipeline.forest.add(event, actionCount, context, this.#workedAt)) {
      this.#stats.repeated += 1
      return
    }
    this.#stats.accepted += 1
    // Whoever waits for ever finishes nothing: what is under way tells the time too.
    this.#newsClock.hear(event.actions[actionCount - 1]?.startTime ?? event.startTime, this.#workedAt)
  }
  readonly #refuse = (error: unknown): void => this.#reject(error)
  #config: { enabled?: boolean }
  #enabled: boolean
  #shutDown = false
  /** Whether anybody was ever there to take what is made here. */
  #heard = false
  #draining = false
  #tracerProvider: TracerProvider | undefined
  #tracer: Tracer | undefined
  #meterProvider: MeterProvider | undefined
  #meteredBy: MeterProvider | undefined

  /** @throws TypeError naming the option that is wrong */
  constructor(options?: OtelListenerOptions) {
    this.#options = normalizeOptions(options)
    const { clock, limits, lockName } = this.#options
    this.name = this.#options.name
    this.#enabled = this.#options.enabled
    this.#config = { enabled: this.#enabled }
    this.#tracerProvider = options?.tracerProvider
    this.#meterProvider = options?.meterProvider
    this.#reporter = new Reporter(
      () => performance.now(),
      // What is wrong with an event is counted as its rejection.
      (kind) => {
        if (kind !== 'event') this.#stats.errors += 1
      },
    )
    this.#streamClock = new StreamClock(() => clock.now())
    this.#newsClock = new StreamClock(() => clock.now())
    const writer = new SpanWriter(() => this.#currentTracer())
    this.#stats = new ListenerStats(
      () => writer.made,
      () => this.#pipeline.forest.openTrees,
    )
    const attributes = new AttributeMaker(this.#options, this.#reporter, (limit, count) =>
      this.#stats.drop(limit, count),
    )
    const names = new LockNames(lockName, limits.lockNames, this.#reporter, () =>
      this.#stats.drop('lockNames', 1),
    )
    const series = new SeriesTable(names, limits.lockNames)
    this.#recorder = new OperationRecorder(series, createInstruments(NO_METER))
    const spans = new TreeSpans(this.#options, attributes, writer, (limit, count) =>
      this.#stats.drop(limit, count),
    )
    this.#pipeline = new Pipeline({
      options: this.#options,
      spans,
      holdSpans: new HoldSpans(this.#options.holdSpan, attributes, writer, spans),
      recorder: this.#recorder,
      stats: this.#stats,
      reporter: this.#reporter,
      streamClock: this.#streamClock,
    })
    const pipeline = this.#pipeline
    this.#live = new LiveMetrics({
      refresh: () => this.#drain(),
      holds: pipeline.holds,
      waiting: () => pipeline.waiting(),
      now: () => this.#newsClock.now(),
      stats: this.#stats,
      series,
      begun: this.#recorder.begun,
    })
    this.#scheduler = new Scheduler(() => this.#slice(), this.#options.batchDelay)
    if (this.#enabled) this.#followMeterProvider()
  }

  /**
   * Files an event. Counterpart of go-events' `Listener.On`.
   *
   * @param ctx the context it was published in; the active one when left out
   */
  on(ctx: Context | undefined, event: Event): void {
    if (!this.#enabled || this.#shutDown) return
    try {
      this.#intake.push(event, typeof ctx?.getValue === 'function' ? ctx : contextApi.active())
      if (!this.#isHeard()) {
        const forgotten = this.#intake.keepNewest(this.#options.limits.unheardEvents)
        if (forgotten > 0) this.#stats.drop('unheardEvents', forgotten)
        return
      }
      if (this.#intake.size >= this.#options.limits.queuedEvents) this.#work(EVENTS_PER_LOOK)
      this.#scheduler.wake()
    } catch (error) {
      this.#reject(error)
    }
  }

  /**
   * Brings everything up to date: all events received so far become spans and records, those of unfinished
   * trees too. The providers are not flushed; that is for their owner.
   */
  forceFlush(): Promise<void> {
    this.flushSync()
    return Promise.resolve()
  }

  /** Like {@link forceFlush}, but done when it returns. */
  flushSync(): void {
    this.#drain()
    this.#guard(() => this.#pipeline.forest.flush())
  }

  /**
   * Works off all events received so far and hands over what is over, as the next turns of the event loop would. For
   * who publishes faster than they come, as the reader of a file does: what waits takes memory.
   */
  catchUp(): void {
    this.#drain()
  }

  /** Brings everything up to date and ignores all events from then on. Idempotent. */
  shutdown(): Promise<void> {
    if (this.#shutDown) return Promise.resolve()
    this.flushSync()
    this.#guard(() => this.#pipeline.finish())
    this.#shutDown = true
    this.#scheduler.stop()
    return Promise.resolve()
  }

  /**
   * Root ids of the trees that still have something to become a span: calls that are not over, and locks that are
   * held, whose acquire is told again by the span of the hold. Who reads events from a file has to read those trees
   * again after a restart, and no others.
   */
  pendingRootIds(): Set<string> {
    this.#heard = true
    this.#drain()
    const ids = new Set<string>()
    for (const tree of this.#pipeline.forest.open()) ids.add(tree.rootId)
    for (const hold of this.#pipeline.holds.holds()) ids.add(hold.rootId)
    return ids
  }

  /** Who waits for a lock now, and the events' own time: in a replay of yesterday's file it is yesterday. */
  waiting(): { readonly now: HrTime | undefined; readonly acquires: readonly WaitingAcquire[] } {
    this.#heard = true
    this.#drain()
    const acquires = this.#pipeline.waiting().map(describeWaiting)
    return { now: this.#streamClock.now(), acquires }
  }

  /**
   * A span processor that brings the listener up to date whenever its provider is flushed or shut down. Put
   * it before the processor that exports.
   *
   * @example
   * ```ts
   * new NodeSDK({ spanProcessors: [listener.spanProcessor(), new BatchSpanProcessor(exporter)] })
   * ```
   */
  spanProcessor(): ListenerSpanProcessor {
    return new ListenerSpanProcessor(this)
  }

  /** Takes part again. Called by OpenTelemetry's instrumentation registry. */
  enable(): void {
    this.#enabled = true
    this.#followMeterProvider()
  }

  /** Ignores all events until {@link enable}; what was received before is still exported. */
  disable(): void {
    this.#drain()
    this.#enabled = false
  }

  /** Makes spans with this provider from now on. */
  setTracerProvider(tracerProvider: TracerProvider): void {
    this.#drain()
    this.#tracerProvider = tracerProvider
    this.#tracer = undefined
    if (this.#intake.size > 0) this.#scheduler.wake()
  }

  /** Records with this provider from now on. */
  setMeterProvider(meterProvider: MeterProvider): void {
    this.#drain()
    // Registered before its SDK, it is handed the API's own, which does nothing: the SDK's will come.
    this.#guard(() => {
      this.#meterProvider = takesRecords(meterProvider) ? meterProvider : undefined
    })
    this.#followMeterProvider()
    if (this.#intake.size > 0) this.#scheduler.wake()
  }

  /** For OpenTelemetry's instrumentation registry; only `enabled` is taken from it. */
  setConfig(config: { enabled?: boolean }): void {
    this.#config = { ...config }
  }

  /** What {@link setConfig} was given last. */
  getConfig(): { enabled?: boolean } {
    return { ...this.#config }
  }

  /** Who came once is waited for: an SDK may be shut down and another one set. */
  #isHeard(): boolean {
    if (this.#heard) return true
    if (this.#meterProvider === undefined) this.#followMeterProvider()
    this.#heard =
      this.#recorder.recording || this.#options.observer !== undefined || takesSpans(this.#tracerProvider)
    return this.#heard
  }

  #currentTracer(): Tracer {
    this.#tracer ??= (this.#tracerProvider ?? trace.getTracerProvider()).getTracer(SCOPE_NAME, VERSION)
    return this.#tracer
  }

  /** The API has no proxy for meters: instruments belong to the provider that made them. */
  #followMeterProvider(): void {
    const provider = this.#meterProvider ?? metrics.getMeterProvider()
    if (provider === this.#meteredBy) return
    this.#meteredBy = provider
    this.#guard(() => {
      const meter = provider.getMeter(SCOPE_NAME, VERSION)
      const instruments = createInstruments(meter)
      this.#recorder.use(instruments)
      this.#live.use(meter, instruments)
    })
  }

  /** Works off events and trees for a bounded time, then lets the event loop have its turn. */
  #slice(): void {
    if (!this.#isHeard()) return
    if (this.#meterProvider === undefined) this.#followMeterProvider()
    const until = performance.now() + SLICE_MS
    const goOn = (): boolean => performance.now() < until
    do {
      this.#work(EVENTS_PER_LOOK)
      // A tree at a time, while its events are still at hand to the processor.
      if (this.#sweep(goOn) || (this.#intake.size > 0 && !goOn())) {
        this.#scheduler.goOn()
        return
      }
    } while (this.#intake.size > 0)
    this.#sleep()
  }

  /** Works off everything at hand. */
  #drain(): void {
    if (this.#draining || !this.#isHeard()) return
    this.#draining = true
    try {
      // What is over is told while its events are still at hand to the processor, not after all others were read.
      do {
        this.#work(EVENTS_PER_LOOK)
        this.#sweep()
      } while (this.#intake.size > 0)
    } finally {
      this.#draining = false
    }
    this.#sleep()
  }

  #work(count: number): void {
    this.#workedAt = this.#options.clock.now()
    for (let i = 0; i < count && this.#intake.size > 0; i++) this.#intake.take(this.#file, this.#refuse)
  }

  /** @returns whether there is more to hand over than time was given for */
  #sweep(goOn?: () => boolean): boolean {
    let left = false
    this.#guard(() => {
      left = this.#pipeline.forest.sweep(this.#options.clock.now(), goOn)
      if (!left) this.#pipeline.expireHolds()
    })
    return left
  }

  #sleep(): void {
    if (this.#shutDown) return
    const now = this.#options.clock.now()
    const due = this.#pipeline.forest.nextDue() - now
    this.#scheduler.wakeIn(this.#pipeline.holds.size > 0 ? Math.min(due, LEASE_LOOK_MS) : due, now)
  }

  #reject(error: unknown): void {
    this.#stats.rejected += 1
    this.#reporter.report('event', 'an event could not be read and is left out', error)
  }

  /** Nothing that goes wrong below, in an SDK or an exporter, reaches the lock. */
  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#reporter.report('internal', 'a part of the telemetry of locks was lost to an error', error)
    }
  }
}

/** Until a provider is there, records go nowhere. */
const NO_METER: Meter = createNoopMeter()
