import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/index.js'
import type { Detail } from '../../src/otel/options.js'
import { anyOrder, freeTrees, stories } from '../support/arbitraries.js'
import { render } from '../support/render.js'
import { createTelemetry, ManualClock, type Metrics, nanoseconds } from '../support/telemetry.js'

interface Told {
  readonly spans: ReadableSpan[]
  readonly metrics: Metrics
}

async function tell(lines: readonly Event[], detail: Detail = 'full'): Promise<Told> {
  const telemetry = createTelemetry({ settle: 250, detail, clock: new ManualClock() })
  await telemetry.tell(lines)
  const metrics = await telemetry.metrics()
  await telemetry.listener.shutdown()
  const spans = [...telemetry.spans()]
  await telemetry.close()
  return { spans, metrics }
}

const attribute = (span: ReadableSpan, name: string): unknown => span.attributes[`storage_lock.${name}`]
const isHold = (span: ReadableSpan): boolean => span.name === 'StorageLock.Hold'
const isLate = (span: ReadableSpan): boolean => attribute(span, 'event.late') === true

/** The fullest publication of each id. */
function fullest(lines: readonly Event[]): Map<string, Event> {
  const events = new Map<string, Event>()
  for (const line of lines) {
    if ((events.get(line.id)?.actions.length ?? -1) < line.actions.length) events.set(line.id, line)
  }
  return events
}

/** Breaks of the laws that hold for any spans of these lines. */
function broken(lines: readonly Event[], spans: readonly ReadableSpan[]): string[] {
  const events = fullest(lines)
  const found: string[] = []
  const ids = new Map<string, ReadableSpan>()
  for (const span of spans) {
    const key = `${span.spanContext().traceId}/${span.spanContext().spanId}`
    if (ids.has(key)) found.push(`two spans ${key}`)
    ids.set(key, span)
  }
  const finishes = new Map<string, bigint>()
  for (const event of events.values()) {
    for (const action of event.actions) {
      if (action.name.endsWith('.Finish')) finishes.set(event.rootId, nanoseconds(action.startTime ?? [0, 0]))
    }
  }
  for (const span of spans) {
    if (nanoseconds(span.endTime) < nanoseconds(span.startTime))
      found.push(`${span.name} ends before it starts`)
    const parent = span.parentSpanContext
    if (parent === undefined) continue
    const above = ids.get(`${span.spanContext().traceId}/${parent.spanId}`)
    if (above === undefined) {
      found.push(`${span.name} is an orphan`)
    } else if (!isHold(span) && !isLate(span)) {
      const finish = finishes.get(attribute(span, 'root_id') as string)
      const isInside =
        nanoseconds(span.startTime) >= nanoseconds(above.startTime) &&
        nanoseconds(span.endTime) <= nanoseconds(above.endTime)
      const isAfter = finish !== undefined && nanoseconds(span.startTime) > finish
      if (!isInside && !isAfter) found.push(`${span.name} leaves ${above.name}`)
    }
  }
  return found
}

function actionsOf(lines: readonly Event[]): string[] {
  return [...fullest(lines).values()]
    .flatMap((event) =>
      event.actions.map((action) => `${event.id} ${action.name} ${String(action.startTime)}`),
    )
    .sort()
}

function eventsOn(spans: readonly ReadableSpan[]): string[] {
  return spans
    .flatMap((span) =>
      span.events.map((event) => {
        const id = event.attributes?.['storage_lock.event.id'] ?? attribute(span, 'event.id')
        return `${String(id)} ${event.name} ${String(event.time)}`
      }),
    )
    .sort()
}

describe.each([
  ['what locks publish', stories.map((story) => story.lines), 60],
  ['any other tree', freeTrees, 150],
] as const)('%s', (_, trees, numRuns) => {
  it('has one span for each event and each unpublished root or parent, in order, without orphans', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async (lines) => {
        const { spans } = await tell(lines)
        expect(broken(lines, spans)).toEqual([])
        const expected = new Set(lines.flatMap((line) => [line.id, line.rootId, line.parentId]))
        expected.delete('')
        const own = spans.filter((span) => !isHold(span))
        expect(own.map((span) => attribute(span, 'event.id') as string).sort()).toEqual([...expected].sort())
        const published = new Set(lines.map((line) => line.id))
        for (const span of own) {
          const isPublished = published.has(attribute(span, 'event.id') as string)
          expect(attribute(span, 'event.published')).toBe(isPublished ? undefined : false)
        }
      }),
      { numRuns },
    )
  })

  it('shows each action exactly once', async () => {
    await fc.assert(
      fc.asyncProperty(trees, fc.constantFrom<Detail>('full', 'compact'), async (lines, detail) => {
        const { spans } = await tell(lines, detail)
        expect(eventsOn(spans)).toEqual(actionsOf(lines))
      }),
      { numRuns },
    )
  })

  it('is told the same in any order, however often', async () => {
    await fc.assert(
      fc.asyncProperty(
        trees.chain((lines) => fc.tuple(fc.constant(lines), anyOrder(lines))),
        fc.constantFrom<Detail>('full', 'compact', 'operation'),
        async ([lines, others], detail) => {
          const told = await tell(lines, detail)
          const other = await tell(others, detail)
          expect(render(other.spans)).toEqual(render(told.spans))
          expect(other.metrics.facts()).toEqual(told.metrics.facts())
        },
      ),
      { numRuns },
    )
  })

  it('has the same metrics and no orphans at each level of detail', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async (lines) => {
        const { metrics } = await tell(lines)
        for (const detail of ['compact', 'operation'] as const) {
          const other = await tell(lines, detail)
          expect(other.metrics.facts()).toEqual(metrics.facts())
          expect(broken(lines, other.spans).filter((each) => !each.includes('leaves'))).toEqual([])
        }
      }),
      { numRuns: numRuns / 2 },
    )
  })
})
