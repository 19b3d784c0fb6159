import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventSyntaxError, eventFromJson, eventToJson } from '../../src/index.js'
import { linesOf } from '../support/streams.js'
import { createTelemetry, nanoseconds } from '../support/telemetry.js'
import { targets } from './targets.js'

/** `FUZZ_RUNS` makes the runs longer. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 150)

const NAMES = [
  ...new Set(
    linesOf('head/storage-fault.ndjson')
      .concat(linesOf('head/watchdog.ndjson'))
      .flatMap((line) => [...line.matchAll(/"name":"([^"]+)"/g)].map((match) => match[1]!)),
  ),
]

/** Ids of few events, so that they meet; some in a form of their own, some hostile. */
const ids = fc.oneof(
  fc.integer({ min: 0, max: 5 }).map((id) => `storage-lock-event-${String(id).padStart(32, '0')}`),
  fc.constantFrom(
    '',
    'a',
    '__proto__',
    'constructor',
    'storage-lock-event-',
    '0'.repeat(32),
    '\u0000',
    'x'.repeat(600),
  ),
)
const times = fc.oneof(
  fc.integer({ min: 0, max: 999_999_999 }).map((ns) => `2026-11-22T09:35:03.${String(ns).padStart(9, '0')}Z`),
  fc.constantFrom(
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999999Z',
    '2026-11-22T17:35:03+08:00',
    '',
    'soon',
  ),
  fc.constant(null),
)
const anything = fc.jsonValue({ maxDepth: 2 })
const records = fc.record({
  lock_id: fc.constantFrom('order-42', '', '__proto__'),
  owner_id: fc.string(),
  version: fc.oneof(fc.integer(), fc.constantFrom(1e300, -1)),
  lock_count: fc.integer({ min: -1, max: 3 }),
  lock_begin_time: times,
  lease_expire_time: times,
})
const actions = fc.record({
  start_time: times,
  end_time: times,
  name: fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: fc.string() }),
  err: fc.oneof(fc.constant(null), fc.constantFrom({}, 5, 'no', [], { Code: 19 }), anything),
  payload_map: fc.oneof(
    fc.constant(null),
    fc.record(
      { lockInformation: records, lockBusyCount: fc.nat(), versionMissCount: anything, __proto__: anything },
      { requiredKeys: [] },
    ),
    fc.dictionary(fc.string(), anything, { maxKeys: 3 }),
  ),
})
const wireEvents = fc.record({
  id: ids,
  root_id: ids,
  parent_id: ids,
  lock_id: fc.constantFrom('order-42', 'order-43', ''),
  owner_id: fc.constantFrom('owner-A', 'owner-B', ''),
  storage_name: fc.constantFrom('memory-storage', 'postgresql-storage', '', 'x\u001b[2J'),
  start_time: times,
  end_time: times,
  event_type: fc.oneof(fc.constantFrom(0, 1, 2, 3, 4), fc.integer()),
  actions: fc.oneof(fc.constant(null), fc.array(actions, { maxLength: 4 })),
  watch_dog_id: fc.constantFrom('', 'dog-1', 'dog-2'),
  lock_information: fc.oneof(fc.constant(null), records),
  err: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: anything }),
})

describe('events of the right shape and any content', () => {
  it('are read or refused with an EventSyntaxError, and survive being written and read', () => {
    fc.assert(
      fc.property(wireEvents, (wire) => {
        try {
          const written = eventToJson(eventFromJson(JSON.stringify(wire)))
          expect(eventToJson(eventFromJson(written))).toBe(written)
        } catch (error) {
          if (!(error instanceof EventSyntaxError)) throw error
        }
      }),
      { numRuns: RUNS * 4 },
    )
  })

  it('become sound spans: no id twice, no parent missing, no end before its start', async () => {
    const some = fc.array(wireEvents, { minLength: 1, maxLength: 24 })
    await fc.assert(
      fc.asyncProperty(some, fc.constantFrom('full', 'compact', 'operation'), async (wires, detail) => {
        const telemetry = createTelemetry({ detail, settle: 250, clock: { now: () => 0 } })
        for (const wire of wires) {
          try {
            telemetry.listener.on(undefined, eventFromJson(JSON.stringify(wire)))
          } catch (error) {
            if (!(error instanceof EventSyntaxError)) throw error
          }
        }
        await telemetry.listener.shutdown()
        const seen = new Set<string>()
        const spans = telemetry.spans()
        for (const span of spans) {
          const { traceId, spanId } = span.spanContext()
          const id = `${traceId}/${spanId}`
          expect(seen.has(id), `twice: ${id}`).toBe(false)
          seen.add(id)
          expect(nanoseconds(span.endTime) >= nanoseconds(span.startTime)).toBe(true)
        }
        for (const span of spans) {
          const parent = span.parentSpanContext
          if (parent !== undefined) expect(seen).toContain(`${span.spanContext().traceId}/${parent.spanId}`)
        }
        await telemetry.close()
      }),
      { numRuns: RUNS },
    )
  })
})

describe('lines of the right shape, damaged', () => {
  const damaged = fc
    .tuple(
      fc.array(
        fc.oneof(
          wireEvents.map((wire) => JSON.stringify(wire)),
          fc.string(),
        ),
        { maxLength: 4 },
      ),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom('', '"', '\\', '\n', '{', '}', '\u0000', 'P ', '🔒')), {
        maxLength: 4,
      }),
      fc.constantFrom('', '2026-11-22T09:34:47.2Z stdout F ', '2026-11-22T09:34:47.2Z stderr P ', 'INFO\t'),
      fc.nat({ max: 255 }),
    )
    .map(([lines, damages, prefix, chunk]) => {
      let text = lines.map((line) => prefix + line).join('\n')
      for (const [at, what] of damages) {
        const place = at % (text.length + 1)
        text = text.slice(0, place) + what + text.slice(place + 1)
      }
      return Buffer.concat([Buffer.from([chunk]), Buffer.from(text)])
    })

  it('are the same lines however they come in, and every byte of them is accounted for', () => {
    fc.assert(
      fc.property(damaged, (bytes) => targets['lines']!(bytes)),
      { numRuns: RUNS * 2 },
    )
  })
})
