import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { OtlpReceiver, type ReceivedSpan } from '../../../test/support/otlp-receiver.js'
import {
  type Call,
  doubled,
  eventsOf,
  linesOf,
  STREAMS,
  shuffled,
  toNanoseconds,
  truthOf,
  unpublishedOf,
} from '../../../test/support/streams.js'
import { ensureBuilt, type Finished, runBridge } from '../bridge-process.js'
import { streamPath } from '../support.js'

const HOLD = 'StorageLock.Hold'
const NAMES: Readonly<Record<string, string>> = {
  Lock: 'StorageLock.Lock',
  UnLock: 'StorageLock.Unlock',
  GetFencingToken: 'StorageLock.GetFencingToken',
}

let receiver: OtlpReceiver
beforeAll(ensureBuilt, 180_000)
beforeEach(async () => {
  receiver = await OtlpReceiver.start()
})
afterEach(() => receiver.close())

const env = (more: Record<string, string> = {}): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
  ...more,
})

async function send(lines: readonly string[], ...args: string[]): Promise<Finished> {
  const result = await runBridge(args, { input: `${lines.join('\n')}\n`, env: env() })
  expect(result).toMatchObject({ code: 0, signal: null })
  return result
}

/**
 * A span in a form that is the same whenever the telemetry is. Whom a waiter waited for is told of holders that are
 * known by then, which depends on the order of whole trees.
 */
const fingerprint = ({ links, ...span }: ReceivedSpan): string =>
  JSON.stringify(
    { ...span, links: links.filter((link) => link.attributes['storage_lock.relation'] !== 'waited-for') },
    (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
  )

const fingerprints = (): string[] => [...receiver.spansById.values()].map(fingerprint).sort()

describe.each(STREAMS)('%s through the command line into an OTLP receiver', (name) => {
  it('becomes the spans and metrics that its events and callers tell of', async () => {
    const events = eventsOf(linesOf(name))
    const unpublished = unpublishedOf(events)
    const truth = truthOf(name)
    const result = await runBridge([streamPath(name)], { env: env() })
    expect(result).toMatchObject({ code: 0, signal: null })
    expect(result.stdout.toString()).toBe('')

    // One span for each event and each unpublished root or parent, under the ids that the events tell.
    expect(receiver.spans).toHaveLength(receiver.spansById.size)
    const ofEvents = receiver.spans.filter((span) => span.name !== HOLD)
    const expected = [
      ...[...events.values()].map((event) => [event.id, event.root_id, event.parent_id]),
      ...[...unpublished].map(([id, rootId]) => [id, rootId, id === rootId ? '' : rootId]),
    ].map(([id = '', rootId = '', parentId = '']) =>
      [rootId.slice(-32), id.slice(-16), (id === rootId ? '' : parentId || rootId).slice(-16)].join(' '),
    )
    const sent = ofEvents.map((span) => [span.traceId, span.spanId, span.parentSpanId].join(' '))
    expect(sent.sort()).toEqual(expected.sort())

    // No span whose parent is not in its trace.
    const ids = receiver.spansById
    const orphans = receiver.spans.filter(
      (span) => span.parentSpanId !== '' && !ids.has(`${span.traceId}/${span.parentSpanId}`),
    )
    expect(orphans).toEqual([])

    checkPlaces(receiver.spans)
    checkActions(events)
    checkTruth(truth)
    SPECIAL[name]?.()
    const timed = [...events.values()]
      .flatMap((event) => event.actions ?? [])
      .filter((action) => action.end_time !== null)
    expect(receiver.total('storage_lock.storage.operation.duration')).toBe(timed.length)
    expect(result.stderr).toContain(
      `${receiver.spans.length.toLocaleString('en-US')} delivered, 0 not delivered`,
    )
  })
})

/** Every child lies within its parent unless it began after the operation was over. */
function checkPlaces(spans: readonly ReceivedSpan[]): void {
  const ids = receiver.spansById
  const finishes = new Map<string, bigint>()
  for (const span of spans) {
    const finish = span.events.find((event) => event.name.endsWith('.Finish'))
    if (finish !== undefined) finishes.set(span.traceId, finish.time)
  }
  for (const span of spans) {
    expect(span.end, span.name).toBeGreaterThanOrEqual(span.start)
    const parent = ids.get(`${span.traceId}/${span.parentSpanId}`)
    if (parent === undefined || span.name === HOLD) continue
    const finish = finishes.get(span.traceId)
    if (finish !== undefined && span.start > finish) continue
    expect(span.start, `${span.name} in ${parent.name}`).toBeGreaterThanOrEqual(parent.start)
    expect(span.end, `${span.name} in ${parent.name}`).toBeLessThanOrEqual(parent.end)
  }
}

/** Every action is an event of some span of its trace, once, and the events of a span stand in the order of time. */
function checkActions(events: ReturnType<typeof eventsOf>): void {
  const expected = [...events.values()].flatMap(({ root_id: rootId, actions }) =>
    (actions ?? []).map(({ name, start_time: start }) =>
      [rootId.slice(-32), name, toNanoseconds(start)].join(' '),
    ),
  )
  const found: string[] = []
  for (const span of receiver.spans) {
    let before = 0n
    for (const { name, time } of span.events) {
      found.push([span.traceId, name, time].join(' '))
      expect(time, `${name} in ${span.name}`).toBeGreaterThanOrEqual(before)
      before = time
    }
  }
  expect(found.sort()).toEqual(expected.sort())
}

/** What the callers measured is what was received. */
function checkTruth(truth: readonly Call[]): void {
  if (truth.length === 0) return
  const roots = receiver.spans.filter((span) => span.parentSpanId === '')
  let far = 0
  for (const call of truth) {
    const differences = roots
      .filter((root) => root.name === NAMES[call.op])
      .filter((root) => root.attributes['storage_lock.lock.id'] === call.lock_id)
      .filter((root) => root.attributes['storage_lock.owner.id'] === call.owner_id)
      .map((root) => Math.max(distance(root.start, call.start_ns), distance(root.end, call.end_ns)))
    const nearest = Math.min(...differences)
    expect(nearest).toBeLessThan(3e6)
    if (nearest > 1e5) far++
  }
  expect(far).toBeLessThanOrEqual(Math.ceil(truth.length / 200))

  const locks = truth.filter(({ op }) => op === 'Lock')
  const outcomeOf = ({ err }: Call): string =>
    err === null ? 'acquired' : err === 'lock busy' ? 'timeout' : 'error'
  for (const outcome of ['acquired', 'timeout', 'error']) {
    const calls = locks.filter((call) => outcomeOf(call) === outcome)
    const where = { 'storage_lock.outcome': outcome }
    expect(receiver.total('storage_lock.acquire.duration', where), outcome).toBe(calls.length)
    const seconds = calls.reduce((total, call) => total + call.dur_ns, 0) / 1e9
    const points = receiver.metric('storage_lock.acquire.duration')?.points ?? []
    const sum = points
      .filter((point) => point.attributes['storage_lock.outcome'] === outcome)
      .reduce((total, point) => total + (point.sum ?? 0), 0)
    expect(Math.abs(sum - seconds)).toBeLessThanOrEqual(Math.max(seconds * 0.01, calls.length * 1e-4))
  }
  expect(receiver.total('storage_lock.release.duration')).toBe(
    truth.filter(({ op }) => op === 'UnLock').length,
  )
}

/** Nanoseconds between a span's time and a caller's, whose clock has no more digits than a double. */
const distance = (time: bigint, nanos: number): number => Math.abs(Number(time - BigInt(nanos)))

/** What a stream was captured for. */
const SPECIAL: Readonly<Record<string, () => void>> = {
  'head/contention.ndjson': () => {
    expect(receiver.total('storage_lock.hold.duration', { 'storage_lock.hold.end': 'released' })).toBe(48)
    expect(receiver.spans.filter((span) => span.name === HOLD)).toHaveLength(48)
    const unlocks = receiver.spans.filter(
      (span) => span.name === 'StorageLock.Unlock' && span.parentSpanId === '',
    )
    const links = unlocks.flatMap((span) => span.links)
    expect(unlocks).toHaveLength(48)
    expect(links.filter((link) => link.attributes['storage_lock.relation'] === 'holds')).toHaveLength(48)
    const payloads = [...eventsOf(linesOf('head/contention.ndjson')).values()]
      .flatMap((event) => event.actions ?? [])
      .filter((action) => action.name === 'StorageLock.Lock.Begin.Success')
      .map((action) => action.payload_map ?? {})
    const sum = (key: string): number =>
      payloads.reduce((total, payload) => total + Number(payload[key] ?? 0), 0)
    const busy = sum('lockBusyCount')
    const missed = sum('versionMissCount')
    expect(busy).toBeGreaterThan(0)
    expect(receiver.total('storage_lock.contentions', { 'storage_lock.reason': 'busy' })).toBe(busy)
    expect(receiver.total('storage_lock.contentions', { 'storage_lock.reason': 'version_miss' })).toBe(missed)
    const attempts = receiver.metric('storage_lock.acquire.attempts')?.points ?? []
    expect(attempts.reduce((total, point) => total + (point.sum ?? 0), 0)).toBe(busy + missed + 48)
  },
  'head/watchdog.ndjson': () => {
    expect(receiver.total('storage_lock.renewal.duration')).toBe(7)
  },
  // Storage.Get carries an error there: the lock does not exist yet.
  'head/uncontended.ndjson': () => {
    expect(receiver.spans.filter((span) => span.status === 2)).toEqual([])
  },
  'head/timeout.ndjson': () => {
    const failed = receiver.spans.filter((span) => span.status === 2 && span.parentSpanId === '')
    expect(failed.map((span) => span.attributes['error.type'])).toEqual(['timeout', 'timeout', 'timeout'])
  },
}

describe('the same telemetry', () => {
  /** Sends the stream, then the changed one; what differs, a few of each. */
  async function differences(
    name: string,
    change: (lines: readonly string[]) => string[],
  ): Promise<string[][]> {
    await send(linesOf(name))
    const before = new Set(fingerprints())
    receiver.spans.length = 0
    await send(change(linesOf(name)))
    const after = new Set(fingerprints())
    expect(receiver.spans).toHaveLength(before.size)
    const missing = [...before].filter((each) => !after.has(each))
    const added = [...after].filter((each) => !before.has(each))
    return [missing.slice(0, 3), added.slice(0, 3)]
  }

  it.each([
    'head/watchdog.ndjson',
    'head/storage-fault.ndjson',
    'head/load-slice.ndjson.gz',
    'v0.0.5/contention.ndjson',
  ])('comes of %s when its lines are shuffled', async (name) => {
    expect(await differences(name, (lines) => shuffled(lines, 7))).toEqual([[], []])
  })

  it.each(['head/expired.ndjson', 'head/reentry.ndjson'])(
    'comes of %s when every line is given twice',
    async (name) => {
      expect(await differences(name, (lines) => doubled(lines))).toEqual([[], []])
    },
  )

  it('comes of JSON and of protobuf, compressed or not', async () => {
    const lines = linesOf('head/expired.ndjson')
    await send(lines)
    const before = fingerprints()
    receiver.spans.length = 0
    const result = await runBridge([], {
      input: lines.join('\n'),
      env: env({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }),
    })
    expect(result.code).toBe(0)
    expect(result.stdout.toString()).toBe('')
    expect(fingerprints()).toEqual(before)
    expect([...receiver.contentTypes].sort()).toEqual(['application/json', 'application/x-protobuf'])
  })
})

describe('other levels and samplers', () => {
  it('make fewer spans, and the same metrics', async () => {
    const totals = (): number[] =>
      [
        'acquire.duration',
        'hold.duration',
        'release.duration',
        'contentions',
        'storage.operation.duration',
      ].map((name) => receiver.total(`storage_lock.${name}`))
    await send(linesOf('head/contention.ndjson'))
    const full = receiver.spans.length
    const metrics = totals()
    receiver.spans.length = 0
    await send(linesOf('head/contention.ndjson'), '--detail', 'compact')
    const compact = receiver.spans.length
    expect(totals()).toEqual(metrics)
    receiver.spans.length = 0
    await send(linesOf('head/contention.ndjson'), '--detail', 'operation')
    expect(totals()).toEqual(metrics)
    expect(receiver.spans.filter((span) => span.name === HOLD)).toHaveLength(48)
    expect(full).toBeGreaterThan(compact)
    expect(compact).toBeGreaterThan(receiver.spans.length)
  })

  it('make no spans when the sampler says so, and all metrics', async () => {
    const result = await runBridge([streamPath('head/expired.ndjson')], {
      env: env({ OTEL_TRACES_SAMPLER: 'always_off' }),
    })
    expect(result.code).toBe(0)
    expect(receiver.requests.get('/v1/traces')).toBeUndefined()
    expect(receiver.total('storage_lock.acquire.duration')).toBe(2)
  })

  it('carry the resource that the environment tells', async () => {
    await runBridge([streamPath('head/create.ndjson')], {
      env: env({ OTEL_SERVICE_NAME: 'orders', OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test' }),
    })
    expect(receiver.spans[0]?.resource).toMatchObject({
      'service.name': 'orders',
      'deployment.environment.name': 'test',
    })
  })
})

describe('privacy', () => {
  it.each(['hash', 'drop'])('--owner-id %s keeps owner ids out of everything that is sent', async (how) => {
    await send(linesOf('head/timeout.ndjson'), '--owner-id', how)
    const everything =
      fingerprints().join('\n') + JSON.stringify(receiver.metricNames.map((name) => receiver.metric(name)))
    expect(everything).not.toMatch(/owner-[A-D]/)
  })

  it('--no-payload sends no payload', async () => {
    await send(linesOf('head/expired.ndjson'), '--no-payload')
    expect(fingerprints().join('\n')).not.toContain('storage_lock.payload.')
  })
})
