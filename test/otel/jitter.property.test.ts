import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Event, eventFromJson } from '../../src/index.js'
import { stories } from '../support/arbitraries.js'
import { render } from '../support/render.js'
import { linesOf, random } from '../support/streams.js'
import { createTelemetry, ManualClock, type Metrics, nanoseconds, turn } from '../support/telemetry.js'

const SETTLE = 250
const STEP = 50
/** What is still open is as old as the moment of asking makes it. */
const AGES = /\.age\.max$/

interface Told {
  readonly spans: ReadableSpan[]
  readonly metrics: Metrics
}

/** Without links: who is known to hold a lock depends on what became certain first. */
const renderTrees = (spans: readonly ReadableSpan[]): string[] =>
  render(spans).map((span) => span.replace(/\n {2}→.*/g, ''))

/** When a line was published, in milliseconds: at its last action. */
function publishedAt(line: Event): number {
  return Number(nanoseconds(line.actions.at(-1)?.startTime ?? line.startTime ?? [0, 0])) / 1e6
}

/** Each line comes up to `jitter` milliseconds after it was published, and the listener has its turn after each. */
async function arrive(lines: readonly Event[], jitter: number, seed: number): Promise<Told> {
  const next = random(seed)
  const begin = Math.min(...lines.map(publishedAt))
  const arrivals = lines
    .map((line) => ({ line, at: publishedAt(line) - begin + next() * jitter }))
    .sort((a, b) => a.at - b.at)
  const clock = new ManualClock()
  const telemetry = createTelemetry({ settle: SETTLE, clock })
  for (const { line, at } of arrivals) {
    // Whatever is due until then is due at its own time.
    while (at - clock.now() > STEP) {
      clock.advance(at - clock.now() > 10 * SETTLE ? at - clock.now() - 9 * SETTLE : STEP)
      telemetry.listener.pendingRootIds()
    }
    clock.advance(Math.max(0, at - clock.now()))
    telemetry.listener.on(undefined, line)
    await turn()
  }
  clock.advance(SETTLE)
  await turn()
  await telemetry.listener.forceFlush()
  const metrics = await telemetry.metrics()
  await telemetry.listener.shutdown()
  const spans = [...telemetry.spans()]
  await telemetry.close()
  return { spans, metrics }
}

it.each(['head/watchdog.ndjson', 'head/expired.ndjson', 'head/timeout.ndjson', 'head/reentry.ndjson'])(
  'the lines of %s may come out of order within the settle window',
  async (stream) => {
    const lines = linesOf(stream).map(eventFromJson)
    const inOrder = await arrive(lines, 0, 1)
    for (let seed = 1; seed <= 5; seed++) {
      const other = await arrive(lines, SETTLE * 0.8, seed)
      expect(other.metrics.facts(AGES)).toEqual(inOrder.metrics.facts(AGES))
      expect(renderTrees(other.spans)).toEqual(renderTrees(inOrder.spans))
    }
  },
)

it('so may the lines of any story', async () => {
  await fc.assert(
    fc.asyncProperty(stories, fc.nat(), async ({ lines }, seed) => {
      const inOrder = await arrive(lines, 0, 1)
      const other = await arrive(lines, SETTLE * 0.8, seed)
      expect(other.metrics.facts(AGES)).toEqual(inOrder.metrics.facts(AGES))
      expect(renderTrees(other.spans)).toEqual(renderTrees(inOrder.spans))
    }),
    { numRuns: 40 },
  )
})
