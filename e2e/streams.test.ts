import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runBridge } from './support/bridge.js'
import { releasesOf } from './support/hold-keys.js'
import { Jaeger, type JaegerTrace } from './support/jaeger.js'
import { attribute, isError, type OtlpSpan, seconds } from './support/otlp.js'
import {
  actionsOf,
  earliest,
  nanoseconds,
  type StreamTree,
  spanIdOf,
  streamText,
  streamTruth,
  traceIdOf,
  treesOf,
} from './support/stream.js'

const STREAMS = [
  'head/contention.ndjson',
  'head/create.ndjson',
  'head/expired.ndjson',
  'head/fencing.ndjson',
  'head/load-slice.ndjson.gz',
  'head/reentry.ndjson',
  'head/storage-fault.ndjson',
  'head/timeout.ndjson',
  'head/uncontended.ndjson',
  'head/uncontended-tz.ndjson',
  'head/watchdog.ndjson',
  'v0.0.5/contention.ndjson',
  'v0.0.5/uncontended.ndjson',
  'v0.0.5/watchdog.ndjson',
]

/** Streams whose callers' own measurements were kept. */
const MEASURED = STREAMS.filter((name) => !name.includes('load-slice') && !name.includes('create'))

/** Actions that end an operation in failure; each makes the operation's root an error. */
const FAILURES = ['timeout', 'StorageLock.Lock.Begin.Error', 'StorageLock.Unlock.Error']
/** Failures that need not be the operation's: where there is none of these either, nothing is an error. */
const TROUBLE = /error|timeout|not-lock-owner|rollback/i
const BENIGN = 'Storage.Get.Error'

let jaeger: Jaeger
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'storage-lock-otel-e2e-'))
  jaeger = await Jaeger.start()
})

afterAll(async () => {
  await jaeger?.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe.each(STREAMS)('%s in Jaeger', (name) => {
  const service = `e2e-${name.replace(/\W+/g, '-')}`
  const text = streamText(name)
  const trees = treesOf(text)
  const releases = releasesOf(trees)
  const spans = new Map<string, OtlpSpan[]>()
  const traces = new Map<string, JaegerTrace>()

  const eachTree = (check: (tree: StreamTree, spans: OtlpSpan[], trace: JaegerTrace) => void): void => {
    for (const tree of trees.values()) check(tree, spans.get(tree.rootId)!, traces.get(tree.rootId)!)
  }

  beforeAll(async () => {
    const file = join(folder, `${service}.ndjson`)
    writeFileSync(file, text)
    const run = await runBridge([file], { service, otlpEndpoint: jaeger.otlpEndpoint })
    expect(run.status, run.stderr).toBe(0)
    for (const tree of trees.values()) {
      const traceId = traceIdOf(tree.rootId)
      const trace = await jaeger.trace(traceId)
      if (trace === undefined) continue
      traces.set(tree.rootId, trace)
      spans.set(tree.rootId, await jaeger.otlpSpans(traceId))
    }
  })

  it('finds a trace by the hex of each root id', () => {
    expect([...traces.keys()].sort()).toEqual([...trees.keys()].sort())
  })

  it('shows one span an event id, and one for each unpublished root or parent', () => {
    eachTree((tree, spans) => {
      const expected = [...tree.events.keys(), ...tree.unpublished].map(spanIdOf).sort()
      const holds = spans.filter((span) => span.name === 'StorageLock.Hold')
      expect(holds.length).toBeLessThanOrEqual(1)
      const found = spans.filter((span) => span.name !== 'StorageLock.Hold').map((span) => span.spanId)
      expect(found.sort()).toEqual(expected)
      for (const id of tree.unpublished) {
        expect(attribute(byId(spans, id), 'storage_lock.event.published')).toBe(false)
      }
    })
  })

  it('hangs every span from the span of its parent id', () => {
    eachTree((tree, spans, trace) => {
      for (const event of tree.events.values()) {
        const parent = event.parent_id === '' ? '' : spanIdOf(event.parent_id)
        expect(byId(spans, event.id).parentSpanId ?? '').toBe(parent)
      }
      for (const id of tree.unpublished) {
        expect(byId(spans, id).parentSpanId ?? '').toBe(id === tree.rootId ? '' : spanIdOf(tree.rootId))
      }
      const ids = new Set(trace.spans.map((span) => span.spanID))
      for (const span of trace.spans) {
        const parents = span.references.filter((reference) => reference.refType === 'CHILD_OF')
        const isRoot = span.spanID === spanIdOf(tree.rootId)
        expect(parents.length).toBe(isRoot ? 0 : 1)
        if (!isRoot) expect(ids).toContain(parents[0]?.spanID)
      }
    })
  })

  it('gives no warnings: no skewed clock, no missing parent, no negative duration', () => {
    eachTree((_tree, _spans, trace) => {
      const warnings = trace.spans.flatMap((span) =>
        (span.warnings ?? []).map((text) => `${span.operationName}: ${text}`),
      )
      expect([...(trace.warnings ?? []), ...warnings]).toEqual([])
    })
  })

  it('shows every action once, at its own nanosecond, in the name of its event', () => {
    eachTree((tree, spans) => {
      const expected = [...tree.events.values()].flatMap((event) =>
        (event.actions ?? []).map((action) => `${event.id} ${action.name} ${nanoseconds(action.start_time)}`),
      )
      const found = spans.flatMap((span) =>
        (span.events ?? []).map((event) => {
          const id = attribute(event, 'storage_lock.event.id') ?? attribute(span, 'storage_lock.event.id')
          return `${id} ${event.name} ${event.timeUnixNano}`
        }),
      )
      expect(found.sort()).toEqual(expected.sort())
    })
  })

  it('covers each event and its actions with its span, and every child with its parent', () => {
    eachTree((tree, spans) => {
      for (const event of tree.events.values()) {
        const span = byId(spans, event.id)
        const times = [event.start_time, ...(event.actions ?? []).map((action) => action.start_time)].map(
          nanoseconds,
        )
        expect(BigInt(span.startTimeUnixNano)).toBeLessThanOrEqual(earliest(times))
        expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(nanoseconds(event.end_time))
      }
      const root = byId(spans, tree.rootId)
      const starts = [...tree.events.values()].flatMap((event) => [
        nanoseconds(event.start_time),
        ...(event.actions ?? []).map((action) => nanoseconds(action.start_time)),
      ])
      expect(BigInt(root.startTimeUnixNano)).toBe(earliest(starts))
      for (const span of spans) {
        const parent = spans.find((candidate) => candidate.spanId === span.parentSpanId)
        if (parent !== undefined) {
          expect(BigInt(span.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(parent.startTimeUnixNano))
        }
      }
    })
  })

  it('marks failed operations as errors, and nothing where nothing failed', () => {
    eachTree((tree, spans, trace) => {
      const names = actionsOf(tree).map((action) => action.name)
      const failed = names.some((action) => FAILURES.includes(action))
      const type = [...tree.events.values()][0]?.event_type
      if (type === 2 || type === 3) expect(isError(byId(spans, tree.rootId))).toBe(failed)
      if (names.includes('WatchDog.Refresh.Error')) {
        const refreshes = spans.filter((span) => span.name === 'WatchDog.Refresh')
        expect(refreshes.some(isError)).toBe(true)
      }
      if (!names.some((action) => TROUBLE.test(action) && action !== BENIGN)) {
        expect(spans.filter((span) => isError(span) && !isLostHold(span)).map((span) => span.name)).toEqual(
          [],
        )
      }
      for (const span of spans) {
        expect(attribute(span, 'error.type') !== undefined, span.name).toBe(isError(span))
        const tags = trace.spans.find((candidate) => candidate.spanID === span.spanId)?.tags ?? []
        expect(tags.some((tag) => tag.key === 'error' && tag.value === true)).toBe(isError(span))
      }
    })
  })

  it('links every release to the acquire whose hold it ended, and shows that hold', () => {
    for (const [release, acquire] of releases) {
      const root = byId(spans.get(release)!, release)
      const links = (root.links ?? []).filter((link) => attribute(link, 'storage_lock.relation') === 'holds')
      expect(links.map((link) => `${link.traceId} ${link.spanId}`)).toEqual([
        `${traceIdOf(acquire)} ${spanIdOf(acquire)}`,
      ])
      const shown = traces.get(release)!.spans.find((span) => span.spanID === spanIdOf(release))!
      expect(shown.references).toContainEqual({
        refType: 'FOLLOWS_FROM',
        traceID: traceIdOf(acquire),
        spanID: spanIdOf(acquire),
      })
      const hold = spans.get(acquire)!.find((span) => span.name === 'StorageLock.Hold')
      expect(hold?.parentSpanId).toBe(spanIdOf(acquire))
      expect(attribute(hold!, 'storage_lock.hold.end')).toBe('released')
    }
  })

  it('is found by the tags storage_lock.lock.id and error=true', async () => {
    // Jaeger hands back whole traces; of the largest stream one lock is enough.
    const lockIds = [
      ...new Set(
        [...trees.values()].flatMap((tree) => [...tree.events.values()].map((event) => event.lock_id)),
      ),
    ]
    for (const lockId of lockIds.filter((id) => id !== '').slice(0, 3)) {
      const expected = [...trees.values()]
        .filter((tree) => [...tree.events.values()].some((event) => event.lock_id === lockId))
        .map((tree) => traceIdOf(tree.rootId))
      const found = await jaeger.search(service, { 'storage_lock.lock.id': lockId })
      expect(found.sort()).toEqual(expected.sort())
    }
    const failed = [...spans].filter(([, found]) => found.some(isError)).map(([rootId]) => traceIdOf(rootId))
    expect((await jaeger.search(service, { error: 'true' })).sort()).toEqual(failed.sort())
  })

  it.runIf(MEASURED.includes(name))('lasts as long as the callers of Lock and UnLock measured', () => {
    const differences: number[] = []
    for (const call of streamTruth(name)) {
      if (call.op !== 'Lock' && call.op !== 'UnLock') continue
      const operation = call.op === 'Lock' ? 'StorageLock.Lock' : 'StorageLock.Unlock'
      const roots = [...spans].map(([rootId, found]) => byId(found, rootId))
      const root = roots.find(
        (span) =>
          span.name === operation &&
          attribute(span, 'storage_lock.owner.id') === call.owner_id &&
          attribute(span, 'storage_lock.lock.id') === call.lock_id &&
          Math.abs(Number(span.startTimeUnixNano) - call.start_ns) < 1e6,
      )
      expect(root, `${call.op} of ${call.owner_id} at ${call.start_ns}`).toBeDefined()
      differences.push(Math.abs(seconds(root!) - (call.end_ns - call.start_ns) / 1e9))
    }
    expect(differences.length).toBeGreaterThan(0)
    differences.sort((a, b) => a - b)
    // Half of them within 0.2 ms: what the call does before its first event and after its last.
    expect(differences[Math.floor(differences.length / 2)]).toBeLessThan(200e-6)
  })
})

/** A hold that ended otherwise than by its release. */
function isLostHold(span: OtlpSpan): boolean {
  return span.name === 'StorageLock.Hold' && attribute(span, 'storage_lock.hold.end') !== 'released'
}

function byId(spans: readonly OtlpSpan[], eventId: string): OtlpSpan {
  const span = spans.find((candidate) => candidate.spanId === spanIdOf(eventId))
  if (span === undefined) throw new Error(`no span of ${eventId}`)
  return span
}
