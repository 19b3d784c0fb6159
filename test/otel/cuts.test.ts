import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Event, EventType, eventFromJson } from '../../src/index.js'
import { stories } from '../support/arbitraries.js'
import { renderSpan } from '../support/render.js'
import { linesOf } from '../support/streams.js'
import { createTelemetry, ManualClock, type Metrics, nanoseconds } from '../support/telemetry.js'

interface Told {
  readonly spans: ReadableSpan[]
  readonly metrics: Metrics
}

async function tell(lines: readonly Event[]): Promise<Told> {
  const telemetry = createTelemetry({ settle: 250, clock: new ManualClock() })
  await telemetry.tell(lines)
  const metrics = await telemetry.metrics()
  await telemetry.listener.shutdown()
  const spans = [...telemetry.spans()]
  await telemetry.close()
  return { spans, metrics }
}

const attribute = (span: ReadableSpan, name: string): unknown => span.attributes[`storage_lock.${name}`]

/** Root ids of the trees in which such an action stands, with the action's time. */
function treesWith(lines: readonly Event[], actionName: RegExp): Map<string, bigint> {
  const found = new Map<string, bigint>()
  for (const line of lines) {
    const action = line.actions.find((each) => actionName.test(each.name))
    if (action !== undefined) found.set(line.rootId, nanoseconds(action.startTime ?? [0, 0]))
  }
  return found
}

/** What is wrong when the stream ends after `count` lines. */
async function wrongAfter(
  lines: readonly Event[],
  count: number,
  whole: readonly ReadableSpan[],
): Promise<string[]> {
  const wrong: string[] = []
  const begun = lines.slice(0, count)
  const { spans, metrics } = await tell(begun)
  const ids = new Set(spans.map((span) => span.spanContext().spanId))
  if (ids.size !== spans.length) wrong.push('an id is used twice')
  const rootIds = new Set(begun.map((line) => line.rootId))
  const roots = spans.filter((span) => span.parentSpanContext === undefined)
  if (roots.length !== rootIds.size) wrong.push(`${roots.length} roots for ${rootIds.size} trees`)
  const finished = treesWith(begun, /^StorageLock\.(Lock|Unlock)\.Finish$/)
  for (const root of roots) {
    const isCall = attribute(root, 'event.type') === 'lock' || attribute(root, 'event.type') === 'unlock'
    const isFinished = !isCall || finished.has(attribute(root, 'root_id') as string)
    if ((attribute(root, 'unfinished') === true) === isFinished)
      wrong.push(`unfinished on ${renderSpan(root)}`)
  }
  // What was over is as it is in the whole stream.
  const inOperation = (all: readonly ReadableSpan[]): string[] =>
    all
      .filter((span) => {
        const finish = finished.get(attribute(span, 'root_id') as string)
        return (
          finish !== undefined && nanoseconds(span.startTime) <= finish && span.name !== 'StorageLock.Hold'
        )
      })
      .map(renderSpan)
      .sort()
  const expected = inOperation(whole)
  const found = inOperation(spans)
  if (found.join('\n') !== expected.join('\n')) {
    wrong.push(...expected.filter((each) => !found.includes(each)).map((each) => `missing: ${each}`))
    wrong.push(...found.filter((each) => !expected.includes(each)).map((each) => `made up: ${each}`))
  }
  const expectMeasured = (name: string, type: EventType, decided: RegExp): void => {
    const known = new Set(treesWith(begun, decided).keys())
    const measured = metrics.count(name)
    if (measured !== known.size) wrong.push(`${name} ${measured}, not ${known.size} (type ${type})`)
  }
  expectMeasured(
    'storage_lock.acquire.duration',
    EventType.Lock,
    /^(StorageLock\.Lock\.(Begin\.Success|Begin\.Error|Finish)|timeout)$/,
  )
  expectMeasured(
    'storage_lock.release.duration',
    EventType.Unlock,
    /^StorageLock\.Unlock\.(Success|Error|Finish)$/,
  )
  return wrong
}

it.each(['head/uncontended.ndjson', 'head/reentry.ndjson', 'head/watchdog.ndjson', 'head/expired.ndjson'])(
  'tells what was over in full, and the rest as unfinished, wherever %s is cut',
  async (stream) => {
    const lines = linesOf(stream).map(eventFromJson)
    const { spans } = await tell(lines)
    for (let count = 1; count <= lines.length; count++) {
      expect(await wrongAfter(lines, count, spans), `after ${count} lines`).toEqual([])
    }
  },
)

it('does so wherever any story is cut', async () => {
  await fc.assert(
    fc.asyncProperty(stories, fc.double({ min: 0, max: 1, noNaN: true }), async ({ lines }, part) => {
      const { spans } = await tell(lines)
      const count = Math.max(1, Math.round(part * lines.length))
      expect(await wrongAfter(lines, count, spans)).toEqual([])
    }),
    { numRuns: 60 },
  )
})

it('says once what became of a call of which everything but the end was lost', async () => {
  const lines = linesOf('head/uncontended.ndjson').map(eventFromJson)
  for (let skip = 1; skip < lines.length; skip++) {
    const { spans } = await tell(lines.slice(skip))
    const roots = spans.filter((span) => span.parentSpanContext === undefined)
    expect(roots).toHaveLength(new Set(lines.slice(skip).map((line) => line.rootId)).size)
  }
})
