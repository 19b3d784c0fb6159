import {
  type Context,
  context,
  diag,
  metrics as metricsApi,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { suppressTracing } from '@opentelemetry/core'
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type Sampler,
  SamplingDecision,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Action, Event, EventIdGenerator, EventType, ListenerWrapper, OtelListener } from '../../src/index.js'
import { renderShape } from '../support/render.js'
import { Story } from '../support/story.js'
import { createTelemetry, ManualClock, turn } from '../support/telemetry.js'

afterEach(() => {
  trace.disable()
  metricsApi.disable()
  context.disable()
  diag.disable()
})

function aStory(): Story {
  const story = new Story()
  const held = story.lock({ busy: 1 })
  story.renew(held)
  story.unlock(held)
  return story
}

const relation = (span: { links: { attributes?: Record<string, unknown> }[] } | undefined): unknown[] =>
  (span?.links ?? []).map((link) => link.attributes?.['storage_lock.relation'])

describe('on()', () => {
  it('makes nothing before its turn of the event loop is over, and all of it then', async () => {
    const telemetry = createTelemetry()
    for (const line of aStory().lines) telemetry.listener.on(undefined, line)
    expect(telemetry.spans()).toEqual([])
    await turn()
    expect(telemetry.spans().length).toBeGreaterThan(10)
    await telemetry.close()
  })

  it('takes an event as it was when it came, though it is the same object that grows', async () => {
    const telemetry = createTelemetry()
    const event = new Event('order-42').setListeners([telemetry.listener]).setType(EventType.Lock)
    event.addActionByName('first').publish()
    event.addActionByName('second').publish()
    event.addActionByName('third')
    await telemetry.listener.forceFlush()
    expect(telemetry.spans()[0]?.events.map((each) => each.name)).toEqual(['first', 'second'])
    await telemetry.close()
  })

  it('goes on in slices when much came at once, with turns for others between', async () => {
    const telemetry = createTelemetry()
    for (let i = 0; i < 300; i++) {
      const story = new Story({ seed: i + 1, lockId: `order-${i}` })
      story.unlock(story.lock())
      for (const line of story.lines) telemetry.listener.on(undefined, line)
    }
    let turns = 0
    while (telemetry.spans().length < 300 * 20 && turns < 10_000) {
      await turn()
      turns += 1
    }
    expect(turns).toBeGreaterThan(1)
    expect(telemetry.spans().length).toBeGreaterThanOrEqual(300 * 20)
    await telemetry.close()
  })
})

describe('a tree that a user builds', () => {
  it('is told as it was made: own names and ids, nested forks, errors, several actions', async () => {
    const telemetry = createTelemetry()
    const listeners = [telemetry.listener]
    const root = new Event('order-42').setListeners(listeners).setId('checkout-7').setRootId('checkout-7')
    root.setOwnerId('me').setStorageName('my-storage').addActionByName('checkout.Begin').publish()
    const pay = root.fork().addActionByName('pay').addAction(new Action('pay.card').addPayload('amount', 42))
    const hidden = pay.fork()
    const ask = hidden.fork()
    ask.addAction(new Action('ask').setErr(new RangeError('too much')))
    ask.setErr(new RangeError('too much')).publish()
    pay.publish()
    root.addActionByName('checkout.done').end().publish()
    await turn()
    const spans = new Map(telemetry.spans().map((span) => [span.name, span]))
    expect([...spans.keys()].sort()).toEqual(['StorageLock.Event', 'ask', 'checkout', 'pay'])
    const id = (name: string): string | undefined => spans.get(name)?.spanContext().spanId
    expect(spans.get('checkout')?.attributes['storage_lock.root_id']).toBe('checkout-7')
    expect(spans.get('pay')?.parentSpanContext?.spanId).toBe(id('checkout'))
    // The fork between was never published; in the process it is known all the same.
    expect(spans.get('StorageLock.Event')?.parentSpanContext?.spanId).toBe(id('pay'))
    expect(spans.get('StorageLock.Event')?.attributes['storage_lock.event.published']).toBe(false)
    expect(spans.get('ask')?.parentSpanContext?.spanId).toBe(id('StorageLock.Event'))
    expect(spans.get('checkout')?.events.map((each) => each.name)).toEqual([
      'checkout.Begin',
      'checkout.done',
    ])
    expect(spans.get('pay')?.events[1]?.attributes).toEqual({ 'storage_lock.payload.amount': 42 })
    expect(spans.get('ask')?.status.code).toBe(SpanStatusCode.ERROR)
    expect(spans.get('ask')?.attributes['error.type']).toBe('RangeError')
    expect(spans.get('pay')?.status.code).toBe(SpanStatusCode.UNSET)
    expect(spans.get('checkout')?.status.code).toBe(SpanStatusCode.UNSET)
    expect(new Set(telemetry.spans().map((span) => span.spanContext().traceId)).size).toBe(1)
    await telemetry.close()
  })

  it('is over only when its root was ended by hand, else when it falls silent', async () => {
    const clock = new ManualClock()
    const telemetry = createTelemetry({ clock, idleTimeout: 1000 })
    const root = new Event('order-42').setListeners([telemetry.listener]).addActionByName('work')
    root.publish()
    await turn()
    expect(telemetry.spans()).toEqual([])
    clock.advance(1000)
    await telemetry.metrics()
    expect(telemetry.spans().map((span) => span.name)).toEqual(['work'])
    await telemetry.close()
  })

  it('reaches other listeners too, whatever this one does', () => {
    const seen: string[] = []
    const event = new Event('order-42')
    event.publish(
      undefined,
      new OtelListener(),
      new ListenerWrapper('other', (_, each) => void seen.push(each.id)),
    )
    expect(seen).toEqual([event.id])
  })
})

describe('providers', () => {
  it('that are global are taken, also when they are set later', async () => {
    const listener = new OtelListener({ batchDelay: 0 })
    const telemetry = createTelemetry()
    const early = aStory()
    for (const line of early.lines) listener.on(undefined, line)
    trace.setGlobalTracerProvider(telemetry.tracerProvider)
    metricsApi.setGlobalMeterProvider(telemetry.meterProvider)
    await turn()
    await listener.forceFlush()
    expect(telemetry.spans().length).toBeGreaterThan(10)
    expect((await telemetry.metrics()).count('storage_lock.hold.duration')).toBe(1)
    await telemetry.close()
  })

  it('that are set later take what comes from then on', async () => {
    const first = createTelemetry()
    const second = createTelemetry()
    const [one, two] = [new Story({ seed: 1 }), new Story({ seed: 2 })]
    one.unlock(one.lock())
    two.unlock(two.lock())
    await first.tell(one.lines)
    first.listener.setTracerProvider(second.tracerProvider)
    first.listener.setMeterProvider(second.meterProvider)
    const before = first.spans().length
    await first.tell(two.lines)
    expect(first.spans()).toHaveLength(before)
    expect(second.spans()).toHaveLength(before)
    expect((await first.metrics()).count('storage_lock.acquire.duration')).toBe(1)
    expect((await second.metrics()).count('storage_lock.acquire.duration')).toBe(1)
    await first.close()
    await second.close()
  })

  it('of another kind, with nothing but the API, get the same tree', async () => {
    const lines = aStory().lines
    const real = createTelemetry()
    await real.tell(lines)
    const foreign = new ForeignTracer()
    const listener = new OtelListener({ tracerProvider: { getTracer: () => foreign } })
    for (const line of lines) listener.on(undefined, line)
    await listener.forceFlush()
    expect(foreign.shape()).toEqual(renderShape(real.spans()).map((line) => line.replace(/ \d+\.\.\d+$/, '')))
    await real.close()
  })
})

describe('flushing and shutting down', () => {
  it('the SDK alone loses nothing, with the span processor', async () => {
    const exporter = new InMemorySpanExporter()
    const listener = new OtelListener()
    const provider = new BasicTracerProvider({
      spanProcessors: [listener.spanProcessor(), new SimpleSpanProcessor(exporter)],
      idGenerator: new EventIdGenerator(),
    })
    listener.setTracerProvider(provider)
    for (const line of aStory().lines) listener.on(undefined, line)
    await provider.forceFlush()
    const flushed = exporter.getFinishedSpans().length
    expect(flushed).toBeGreaterThan(10)
    const more = new Story({ seed: 2 })
    more.lock({ outcome: 'unfinished' })
    for (const line of more.lines) listener.on(undefined, line)
    const reset = vi.spyOn(exporter, 'shutdown').mockResolvedValue()
    await provider.shutdown()
    expect(reset).toHaveBeenCalled()
    expect(exporter.getFinishedSpans()).toHaveLength(flushed + 1)
    for (const line of aStory().lines) listener.on(undefined, line)
    await listener.forceFlush()
    expect(exporter.getFinishedSpans()).toHaveLength(flushed + 1)
  })

  it('tells an unfinished call as such', async () => {
    const telemetry = createTelemetry()
    const story = new Story()
    story.lock({ busy: 1, outcome: 'unfinished' })
    await telemetry.tell(story.lines)
    const root = telemetry.spans().find((span) => span.parentSpanContext === undefined)
    expect(root?.attributes).toMatchObject({
      'storage_lock.unfinished': true,
      'storage_lock.outcome': 'unknown',
    })
    expect(root?.status.code).toBe(SpanStatusCode.UNSET)
    await telemetry.close()
  })

  it('may happen twice', async () => {
    const telemetry = createTelemetry()
    await telemetry.tell(aStory().lines)
    const made = telemetry.spans().length
    await telemetry.listener.forceFlush()
    await telemetry.listener.shutdown()
    await telemetry.listener.shutdown()
    expect(telemetry.spans()).toHaveLength(made)
    await telemetry.close()
  })
})

describe('as an instrumentation', () => {
  it('has the shape of one', () => {
    const listener = new OtelListener({ enabled: false })
    expect(listener.instrumentationName).toBe('storage-lock-otel')
    expect(listener.instrumentationVersion).toMatch(/^\d+\.\d+\.\d+/)
    expect(listener.getConfig()).toEqual({ enabled: false })
    listener.setConfig({ enabled: true })
    expect(listener.getConfig()).toEqual({ enabled: true })
  })

  it('ignores all events while it is disabled', async () => {
    const telemetry = createTelemetry({ enabled: false })
    await telemetry.tell(aStory().lines)
    expect(telemetry.spans()).toEqual([])
    telemetry.listener.enable()
    await telemetry.tell(aStory().lines)
    const made = telemetry.spans().length
    expect(made).toBeGreaterThan(10)
    telemetry.listener.disable()
    await telemetry.tell(new Story({ seed: 3 }).lines)
    expect(telemetry.spans()).toHaveLength(made)
    await telemetry.close()
  })
})

describe('the caller', () => {
  const CALLER: SpanContext = {
    traceId: 'c'.repeat(32),
    spanId: 'd'.repeat(16),
    traceFlags: TraceFlags.SAMPLED,
  }

  it('is linked to from the root of its own trace', async () => {
    const telemetry = createTelemetry()
    const ctx = trace.setSpanContext(ROOT_CONTEXT, CALLER)
    const story = aStory()
    for (const line of story.lines) telemetry.listener.on(ctx, line)
    await telemetry.listener.forceFlush()
    const roots = telemetry.spans().filter((span) => span.parentSpanContext === undefined)
    expect(roots.map((root) => relation(root))).toEqual([['caller'], ['holds', 'caller']])
    for (const root of roots) expect(root.links.at(-1)?.context).toMatchObject(CALLER)
    expect(telemetry.spans().filter((span) => span.spanContext().traceId === CALLER.traceId)).toEqual([])
    await telemetry.close()
  })

  it('is the parent, in its own trace, with trace: caller', async () => {
    const telemetry = createTelemetry({ trace: 'caller' })
    const ctx = trace.setSpanContext(ROOT_CONTEXT, CALLER)
    const story = aStory()
    for (const line of story.lines) telemetry.listener.on(ctx, line)
    await telemetry.listener.forceFlush()
    expect(new Set(telemetry.spans().map((span) => span.spanContext().traceId))).toEqual(
      new Set([CALLER.traceId]),
    )
    const below = telemetry.spans().filter((span) => span.parentSpanContext?.spanId === CALLER.spanId)
    expect(below.map((span) => span.name).sort()).toEqual(['StorageLock.Lock', 'StorageLock.Unlock'])
    expect(relation(below.find((span) => span.name === 'StorageLock.Unlock'))).toEqual(['holds'])
    const ids = new Set([CALLER.spanId, ...telemetry.spans().map((span) => span.spanContext().spanId)])
    for (const span of telemetry.spans()) expect(ids).toContain(span.parentSpanContext?.spanId)
    await telemetry.close()
  })

  it('is whoever is active where no context was given', async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    const telemetry = createTelemetry()
    const story = aStory()
    context.with(trace.setSpanContext(ROOT_CONTEXT, CALLER), () => {
      for (const line of story.lines) telemetry.listener.on(undefined, line)
    })
    await telemetry.listener.forceFlush()
    expect(
      relation(
        telemetry
          .spans()
          .find((span) => span.name === 'StorageLock.Lock' && span.parentSpanContext === undefined),
      ),
    ).toEqual(['caller'])
    await telemetry.close()
  })

  it('without a span is nobody, in both modes', async () => {
    for (const mode of ['root-id', 'caller'] as const) {
      const telemetry = createTelemetry({ trace: mode })
      const story = aStory()
      await telemetry.tell(story.lines)
      const roots = telemetry.spans().filter((span) => span.parentSpanContext === undefined)
      expect(roots.map((span) => span.spanContext().traceId)).toEqual(
        [...new Set(story.lines.map((line) => line.rootId))].map((id) => id.slice(-32)),
      )
      await telemetry.close()
    }
  })
})

describe('links', () => {
  it('lead from a waiter to whom it waited for, from a takeover to whom it took over', async () => {
    const story = new Story()
    const held = story.lock()
    story.as('owner-B', () => story.lock({ busy: 2, holder: held, outcome: 'timeout' }))
    const taken = story.as('owner-C', () => story.lock({ by: 'takeover' }))
    const telemetry = createTelemetry()
    await telemetry.tell(story.lines)
    const rootOf = (owner: string): ReturnType<typeof telemetry.spans>[number] | undefined =>
      telemetry
        .spans()
        .find(
          (span) =>
            span.parentSpanContext === undefined && span.attributes['storage_lock.owner.id'] === owner,
        )
    for (const [owner, kind] of [
      ['owner-B', 'waited-for'],
      ['owner-C', 'took-over'],
    ] as const) {
      const links = rootOf(owner)?.links ?? []
      expect(relation(rootOf(owner))).toEqual([kind])
      expect(links[0]?.context.spanId).toBe(held.rootId.slice(-16))
    }
    expect(taken.ownerId).toBe('owner-C')
    await telemetry.close()
  })
})

describe('sampling', () => {
  it('of nothing makes nothing, and builds no attribute', async () => {
    const asked = vi.fn(() => undefined)
    const telemetry = createTelemetry({
      sampler: new AlwaysOffSampler(),
      payload: asked,
      attributes: asked,
    })
    const startSpan = vi.spyOn(telemetry.tracerProvider.getTracer('storage-lock-otel'), 'startSpan')
    await telemetry.tell(aStory().lines)
    expect(telemetry.spans()).toEqual([])
    expect(asked).not.toHaveBeenCalled()
    expect(startSpan.mock.calls.length).toBeLessThanOrEqual(2)
    const metrics = await telemetry.metrics()
    expect(metrics.count('storage_lock.hold.duration')).toBe(1)
    expect(metrics.count('storage_lock.renewal.duration')).toBe(1)
    expect(metrics.value('storage_lock.listener.spans')).toBe(0)
    await telemetry.close()
  })

  it('is decided at the root, and asked what the root is', async () => {
    const roots: string[] = []
    const sampler: Sampler = {
      shouldSample: (ctx, _, name) => {
        if (trace.getSpanContext(ctx) === undefined) roots.push(name)
        return {
          decision:
            name === 'StorageLock.Lock' ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
        }
      },
      toString: () => 'locks only',
    }
    const telemetry = createTelemetry({ sampler })
    await telemetry.tell(aStory().lines)
    expect(roots).toEqual(['StorageLock.Lock', 'StorageLock.Unlock'])
    expect(telemetry.spans().some((span) => span.name === 'StorageLock.Unlock')).toBe(false)
    await telemetry.close()
  })

  it('that records without sampling exports nothing, and breaks nothing', async () => {
    const sampler: Sampler = {
      shouldSample: () => ({ decision: SamplingDecision.RECORD }),
      toString: () => 'record only',
    }
    const telemetry = createTelemetry({ sampler })
    await telemetry.tell(aStory().lines)
    expect(telemetry.spans()).toEqual([])
    expect((await telemetry.metrics()).count('storage_lock.hold.duration')).toBe(1)
    await telemetry.close()
  })

  it('is suppressed where tracing is; the metrics stay', async () => {
    const telemetry = createTelemetry()
    for (const line of aStory().lines) telemetry.listener.on(suppressTracing(ROOT_CONTEXT), line)
    await telemetry.listener.forceFlush()
    expect(telemetry.spans()).toEqual([])
    expect((await telemetry.metrics()).count('storage_lock.hold.duration')).toBe(1)
    await telemetry.close()
  })
})

describe('the hold', () => {
  it('is a span below the Lock, from acquired to released', async () => {
    const telemetry = createTelemetry()
    const story = aStory()
    await telemetry.tell(story.lines)
    const hold = telemetry.spans().find((span) => span.name === 'StorageLock.Hold')
    expect(hold?.parentSpanContext?.spanId).toBe(story.lines[0]?.id.slice(-16))
    expect(hold?.attributes).toMatchObject({
      'storage_lock.hold.end': 'released',
      'storage_lock.hold.renewals': 1,
      'storage_lock.fencing_token': 1,
    })
    await telemetry.close()
  })

  it('is no span with holdSpan: false, and measured all the same', async () => {
    const telemetry = createTelemetry({ holdSpan: false })
    await telemetry.tell(aStory().lines)
    expect(telemetry.spans().some((span) => span.name === 'StorageLock.Hold')).toBe(false)
    expect((await telemetry.metrics()).count('storage_lock.hold.duration')).toBe(1)
    await telemetry.close()
  })
})

/** A tracer of another vendor's: it knows the API, and nothing of the SDK. */
class ForeignTracer implements Tracer {
  readonly #spans: { name: string; id: string; parent: string | undefined; ended: boolean }[] = []

  startSpan(name: string, options: SpanOptions = {}, ctx: Context = context.active()): Span {
    const id = String(this.#spans.length + 1).padStart(16, '0')
    const parent = options.root === true ? undefined : trace.getSpanContext(ctx)?.spanId
    const record = { name, id, parent, ended: false }
    this.#spans.push(record)
    const span: Span = {
      spanContext: () => ({ traceId: 'e'.repeat(32), spanId: id, traceFlags: TraceFlags.SAMPLED }),
      setAttribute: () => span,
      setAttributes: () => span,
      addEvent: () => span,
      addLink: () => span,
      addLinks: () => span,
      setStatus: () => span,
      updateName: () => span,
      end: () => {
        expect(record.ended).toBe(false)
        record.ended = true
      },
      isRecording: () => !record.ended,
      recordException: () => undefined,
    }
    return span
  }

  startActiveSpan(): never {
    throw new Error('not needed')
  }

  /** Each span's names from the root, as renderShape() has them. */
  shape(): string[] {
    const byId = new Map(this.#spans.map((span) => [span.id, span]))
    return this.#spans
      .map((span) => {
        expect(span.ended).toBe(true)
        const path = [span.name]
        for (let at = span.parent; at !== undefined; at = byId.get(at)?.parent)
          path.unshift(byId.get(at)?.name ?? '?')
        return path.join(' > ')
      })
      .sort()
  }
}
