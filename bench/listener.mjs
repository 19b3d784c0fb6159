// The listener in a process: events in memory -> spans and records, against the floor.
import { EventIdGenerator, OtelListener } from '../dist/esm/index.js'
import { interleave, ratio, summary, turn } from './harness/measure.mjs'
import { report } from './harness/report.mjs'
import { Block } from './support/block.mjs'
import { EVENTS, Floor } from './support/floor.mjs'
import { planOf } from './support/plan.mjs'
import { metering, recordCount, tracing } from './support/providers.mjs'
import { linesOfTrees, rootOf, streamLines } from './support/streams.mjs'

/** Events between two turns of the event loop: publishing comes in bursts, not all at once. */
const EVENTS_PER_TURN = 100

const {
  rounds,
  warmUp,
  events: eventsPerRound,
  record,
} = report('listener', {
  full: { rounds: 100, warmUp: 200, events: 1_000 },
  short: { rounds: 30, warmUp: 80, events: 1_000 },
})

let serial = 1
function withoutCreation(lines) {
  return lines.filter((line) => rootOf(line) !== rootOf(lines[0]))
}

/** The lines of the calls that end within the lines given. */
function finishedWithin(lines) {
  const roots = lines.filter((line) => /Lock\.Finish|Unlock\.Finish/.test(line)).map(rootOf)
  return linesOfTrees(lines, new Set(roots))
}

async function compare(kind, block) {
  const copies = Math.ceil(eventsPerRound / block.length)
  const floor = new Floor(planOf(block.copy(0)), EVENTS)
  const candidates = [
    floorOf('floor', floor),
    floorOf('floor of compact', new Floor(planOf(block.copy(0), { detail: 'compact' }), EVENTS)),
    listenerOf('full', { tracing: true, metering: true }),
    listenerOf('compact', { tracing: true, metering: true, detail: 'compact' }),
    listenerOf('operation', { tracing: true, metering: true, detail: 'operation' }),
    listenerOf('metrics only', { metering: true }),
    listenerOf('unsampled', { tracing: true, sampled: false }),
    listenerOf('unsampled, with metrics', { tracing: true, sampled: false, metering: true }),
    listenerOf('no SDK', {}),
    bareSpans(copies * block.length),
  ]
  await assertSame(candidates[0], candidates[2], block)
  const times = await interleave(candidates, {
    rounds,
    warmUp,
    input: () => Array.from({ length: copies }, () => block.copy(serial++)),
  })
  const events = copies * block.length
  const perEvent = (name) => times.get(name).map((ms) => (ms * 1e6) / events)
  for (const { name } of candidates) {
    record({ name: `${kind}: ${name}`, unit: 'ns an event', ...summary(perEvent(name)) })
  }
  const bare = perEvent('bare span')
  const figures = [
    ['full ÷ floor', 'full', perEvent('floor'), 1.25, 1.5],
    ['compact ÷ floor of full', 'compact', perEvent('floor'), 0.6, 1.2],
    ['unsampled ÷ bare span', 'unsampled', bare, 0.4, 0.8],
    ['no SDK ÷ bare span', 'no SDK', bare, 0.4],
  ]
  for (const [name, of, against, atMost, usual] of figures) {
    record({ name: `${kind}: ${name}`, unit: 'ratio', ...ratio(perEvent(of), against), atMost, usual })
  }
}

/** Lets the event loop have its turn after every so many events. */
class Turns {
  #since = 0

  async after(count) {
    this.#since += count
    if (this.#since < EVENTS_PER_TURN) return
    this.#since = 0
    await turn()
  }
}

function listenerOf(
  name,
  { tracing: traced = false, metering: metered = false, sampled = true, detail = 'full' },
) {
  const spans = traced ? tracing({ idGenerator: new EventIdGenerator(), sampled }) : undefined
  const metrics = metered ? metering() : undefined
  const listener = new OtelListener({
    detail,
    ...(spans === undefined ? undefined : { tracerProvider: spans.provider }),
    ...(metrics === undefined ? undefined : { meterProvider: metrics.provider }),
  })
  return {
    name,
    spans,
    metrics,
    run: async (blocks) => {
      const turns = new Turns()
      for (const events of blocks) {
        for (let from = 0; from < events.length; from += EVENTS_PER_TURN) {
          const to = Math.min(events.length, from + EVENTS_PER_TURN)
          for (let at = from; at < to; at++) listener.on(undefined, events[at])
          await turns.after(to - from)
        }
      }
      await listener.forceFlush()
      await spans?.provider.forceFlush()
    },
  }
}

function floorOf(name, floor) {
  const spans = tracing()
  const metrics = metering()
  const tracer = spans.provider.getTracer('floor')
  const instruments = floor.instruments(metrics.provider.getMeter('floor'))
  return {
    name,
    spans,
    metrics,
    run: async (blocks) => {
      const turns = new Turns()
      for (const events of blocks) {
        floor.spans(tracer, events)
        floor.records(instruments)
        await turns.after(events.length)
      }
      await spans.provider.forceFlush()
    },
  }
}

/** As many spans with nothing in them as there are events. */
function bareSpans(count) {
  const { provider } = tracing()
  const tracer = provider.getTracer('bare')
  return {
    name: 'bare span',
    run: async () => {
      for (let at = 0; at < count; at++) {
        tracer.startSpan('bare').end()
        if (at % EVENTS_PER_TURN === 0) await turn()
      }
      await provider.forceFlush()
    },
  }
}

/** The floor must make what the listener makes: spans, span events, attributes, links, records. */
async function assertSame(floor, listener, block) {
  const counts = async ({ spans, metrics, run }) => {
    spans.exporter.thorough = true
    await run([block.copy(serial)])
    spans.exporter.thorough = false
    return { ...spans.exporter.counts(), records: await recordCount(metrics.reader) }
  }
  const [left, right] = [await counts(floor), await counts(listener)]
  if (JSON.stringify(left) !== JSON.stringify(right)) {
    throw new Error(`the floor made ${JSON.stringify(left)}, the listener ${JSON.stringify(right)}`)
  }
  serial += 1
}

for (const [kind, lines] of Object.entries({
  uncontended: withoutCreation(streamLines('uncontended.ndjson')),
  contended: finishedWithin(streamLines('contention.ndjson').slice(0, 1_135)),
})) {
  await compare(kind, new Block(lines))
}
