import { type HrTime, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventFromJson } from '../../src/index.js'
import type { Detail } from '../../src/otel/options.js'
import { render, renderShape, renderSpan, stable } from '../support/render.js'
import {
  type Call,
  doubled,
  eventsOf,
  type LineAction,
  type LineEvent,
  linesOf,
  STREAMS,
  shuffled,
  toNanoseconds,
  truthOf,
  unpublishedOf,
} from '../support/streams.js'
import { createTelemetry, ManualClock, type Metrics, nanoseconds, turn } from '../support/telemetry.js'

const HOLD = 'StorageLock.Hold'
const SUCCESS = 'StorageLock.Lock.Begin.Success'
const TIMED = /^Storage\.(Get|GetTime|CreateWithVersion|UpdateWithVersion|DeleteWithVersion)$/

interface Result {
  readonly spans: ReadableSpan[]
  readonly metrics: Metrics
}

async function run(lines: readonly string[], detail: Detail = 'full'): Promise<Result> {
  const telemetry = createTelemetry({ settle: 250, detail, clock: new ManualClock() })
  await telemetry.tell(lines.map(eventFromJson))
  await telemetry.listener.shutdown()
  const metrics = await telemetry.metrics()
  const result = { spans: [...telemetry.spans()], metrics }
  await telemetry.close()
  return result
}

const idOf = (span: ReadableSpan): string => span.spanContext().spanId
const attribute = (span: ReadableSpan, name: string): unknown => span.attributes[`storage_lock.${name}`]
const durationOf = (span: ReadableSpan): number =>
  Number(nanoseconds(span.endTime) - nanoseconds(span.startTime)) / 1e9

/** A stream as the test itself reads it. */
class Stream {
  readonly lines: readonly string[]
  readonly events: ReadonlyMap<string, LineEvent>
  readonly unpublished: ReadonlyMap<string, string>
  readonly truth: readonly Call[]
  readonly trees = new Map<string, LineEvent[]>()

  constructor(name: string) {
    this.lines = linesOf(name)
    this.events = eventsOf(this.lines)
    this.unpublished = unpublishedOf(this.events)
    this.truth = truthOf(name)
    for (const event of this.events.values()) {
      const tree = this.trees.get(event.root_id)
      if (tree === undefined) this.trees.set(event.root_id, [event])
      else tree.push(event)
    }
  }

  actions(rootId?: string): LineAction[] {
    const events = rootId === undefined ? [...this.events.values()] : (this.trees.get(rootId) ?? [])
    return events.flatMap((event) => event.actions ?? [])
  }

  /** Root ids of the trees in which an action of this name stands. */
  treesWith(actionName: string): string[] {
    return [...this.trees.keys()].filter((rootId) =>
      this.actions(rootId).some(({ name }) => name === actionName),
    )
  }

  /** Which Lock tree took what each Unlock tree released in full, by the record's lock, owner and begin. */
  released(): Map<string, string> {
    const taken = new Map<string, string>()
    for (const rootId of this.treesWith(SUCCESS)) {
      for (const key of this.#records(rootId, /^Storage\.(Create|Update)WithVersion$/)) {
        if (!taken.has(key)) taken.set(key, rootId)
      }
    }
    const released = new Map<string, string>()
    for (const rootId of this.treesWith('StorageLock.Unlock.Success')) {
      for (const key of this.#records(rootId, /^StorageLock\.Unlock\.Release$/)) {
        const lock = taken.get(key)
        if (lock !== undefined) released.set(rootId, lock)
      }
    }
    return released
  }

  #records(rootId: string, names: RegExp): string[] {
    return this.actions(rootId)
      .filter(({ name, err }) => names.test(name) && err === null)
      .flatMap(({ payload_map: payload }) => {
        const record = payload?.['lockInformation'] as
          | { lock_id: string; owner_id: string; lock_begin_time: string }
          | undefined
          | null
        return record ? [`${record.lock_id} ${record.owner_id} ${toNanoseconds(record.lock_begin_time)}`] : []
      })
  }
}

describe.each(STREAMS)('the stream %s', (name) => {
  const stream = new Stream(name)
  let spans: ReadableSpan[]
  let metrics: Metrics
  let byId: Map<string, ReadableSpan>
  /** Without the spans of holds, which no event stands for. */
  let ofEvents: ReadableSpan[]
  let roots: ReadableSpan[]

  beforeAll(async () => {
    ;({ spans, metrics } = await run(stream.lines))
    byId = new Map(spans.map((span) => [idOf(span), span]))
    ofEvents = spans.filter((span) => span.name !== HOLD)
    roots = spans.filter((span) => span.parentSpanContext === undefined)
  })

  it('has one span for each event, and one for each root or parent that was not published', () => {
    const ids = [...stream.events.keys(), ...stream.unpublished.keys()]
    expect(ofEvents.map(idOf).sort()).toEqual(ids.map((id) => id.slice(-16)).sort())
    expect(byId.size).toBe(spans.length)
    const unpublished = spans.filter((span) => attribute(span, 'event.published') === false)
    expect(new Set(unpublished.map((span) => attribute(span, 'event.id')))).toEqual(
      new Set(stream.unpublished.keys()),
    )
  })

  it('puts each span into the trace of its root id, below the span of its parent id', () => {
    const wrong = ofEvents.filter((span) => {
      const id = attribute(span, 'event.id') as string
      const event = stream.events.get(id)
      const rootId = event?.root_id ?? stream.unpublished.get(id) ?? ''
      const parentId = id === rootId ? undefined : event === undefined ? rootId : event.parent_id || rootId
      return (
        span.spanContext().traceId !== rootId.slice(-32) ||
        attribute(span, 'root_id') !== rootId ||
        span.parentSpanContext?.spanId !== parentId?.slice(-16)
      )
    })
    expect(wrong.map(renderSpan)).toEqual([])
  })

  it('has no span whose parent is not in its trace', () => {
    const orphans = spans.filter(
      ({ parentSpanContext: parent }) =>
        parent !== undefined && byId.get(parent.spanId)?.spanContext().traceId !== parent.traceId,
    )
    expect(orphans).toEqual([])
    expect(roots).toHaveLength(stream.trees.size)
  })

  it('shows each action once, at its nanosecond, in the name of its event', () => {
    const expected = [...stream.events.values()].flatMap((event) =>
      (event.actions ?? []).map(
        (action) =>
          `${event.id} ${action.name} ${toNanoseconds(action.start_time)} ${durationOfAction(action)}`,
      ),
    )
    const shown = spans.flatMap((span) =>
      span.events.map((event) => {
        const id = event.attributes?.['storage_lock.event.id'] ?? attribute(span, 'event.id')
        const duration = event.attributes?.['storage_lock.action.duration']
        const took = duration === undefined ? '-' : Math.round((duration as number) * 1e9)
        return `${String(id)} ${event.name} ${nanoseconds(event.time)} ${took}`
      }),
    )
    expect(shown.sort()).toEqual(expected.sort())
  })

  it('keeps every child within its parent, unless it began after the Finish', () => {
    const finishes = new Map<string, bigint>()
    for (const [rootId] of stream.trees) {
      for (const action of stream.actions(rootId)) {
        if (/\.(Lock|Unlock)\.Finish$/.test(action.name))
          finishes.set(rootId, toNanoseconds(action.start_time))
      }
    }
    const outside = ofEvents.filter((span) => {
      const parent = byId.get(span.parentSpanContext?.spanId ?? '')
      if (parent === undefined) return false
      const finish = finishes.get(attribute(span, 'root_id') as string)
      if (finish !== undefined && nanoseconds(span.startTime) > finish) return false
      return (
        nanoseconds(span.startTime) < nanoseconds(parent.startTime) ||
        nanoseconds(span.endTime) > nanoseconds(parent.endTime)
      )
    })
    expect(outside.map(renderSpan)).toEqual([])
  })

  it('has errors only where an operation or a renewal failed', () => {
    const trouble = /(?<!Get)\.Error$|-error$|timeout|not-lock-owner|Rollback/
    const failed = spans.filter((span) => span.status.code === SpanStatusCode.ERROR)
    expect(spans.filter((span) => span.attributes['error.type'] !== undefined)).toEqual(failed)
    // A hold that was never released ends in failure though its own tree went well.
    for (const span of failed.filter((each) => attribute(each, 'hold.end') !== 'expired')) {
      const actions = stream.actions(attribute(span, 'root_id') as string)
      expect(actions.some((action) => trouble.test(action.name))).toBe(true)
    }
    for (const rootId of [
      ...stream.treesWith('timeout'),
      ...stream.treesWith('StorageLock.Lock.Begin.Error'),
    ]) {
      const isAcquired = stream.treesWith(SUCCESS).includes(rootId)
      expect(byId.get(rootId.slice(-16))?.status.code).toBe(
        isAcquired ? SpanStatusCode.UNSET : SpanStatusCode.ERROR,
      )
    }
  })

  it('shows the operations of a storage in memory as internal', () => {
    const storage = spans.filter((span) => TIMED.test(span.name))
    expect(storage.filter((span) => span.kind !== SpanKind.INTERNAL)).toEqual([])
  })

  it.skipIf(stream.truth.length === 0)('lasts as long as the callers measured', () => {
    const names: Record<string, string> = {
      Lock: 'StorageLock.Lock',
      UnLock: 'StorageLock.Unlock',
      GetFencingToken: 'StorageLock.GetFencingToken',
    }
    let far = 0
    for (const call of stream.truth) {
      const differences = roots
        .filter(
          (root) =>
            root.name === names[call.op] &&
            attribute(root, 'lock.id') === call.lock_id &&
            attribute(root, 'owner.id') === call.owner_id,
        )
        .map((root) =>
          Math.max(
            Math.abs(Number(nanoseconds(root.startTime) - BigInt(call.start_ns))),
            Math.abs(Number(nanoseconds(root.endTime) - BigInt(call.end_ns))),
          ),
        )
      const nearest = Math.min(...differences)
      expect(nearest).toBeLessThan(3e6)
      if (nearest > 1e5) far += 1
    }
    // A caller was interrupted, now and then, between the call and its look at the clock.
    expect(far).toBeLessThanOrEqual(Math.floor(stream.truth.length / 50))
  })

  it.skipIf(stream.truth.length === 0)('counts and sums acquires and releases as the callers did', () => {
    const locks = stream.truth.filter(({ op }) => op === 'Lock')
    const outcomeOf = ({ err }: Call): string =>
      err === null ? 'acquired' : err === 'lock busy' ? 'timeout' : 'error'
    for (const outcome of ['acquired', 'timeout', 'error']) {
      const calls = locks.filter((call) => outcomeOf(call) === outcome)
      const where = { 'storage_lock.outcome': outcome }
      expect(metrics.count('storage_lock.acquire.duration', where), outcome).toBe(calls.length)
      const took = calls.reduce((total, call) => total + call.dur_ns, 0) / 1e9
      expect(Math.abs(metrics.sum('storage_lock.acquire.duration', where) - took)).toBeLessThanOrEqual(
        Math.max(took * 0.01, calls.length * 1e-4),
      )
    }
    expect(metrics.count('storage_lock.acquire.duration')).toBe(locks.length)
    const unlocks = stream.truth.filter(({ op }) => op === 'UnLock')
    expect(metrics.count('storage_lock.release.duration')).toBe(unlocks.length)
    const failed = unlocks.filter(({ err }) => err !== null)
    expect(
      metrics.count('storage_lock.release.duration', { 'storage_lock.outcome': 'refused' }) +
        metrics.count('storage_lock.release.duration', { 'storage_lock.outcome': 'error' }),
    ).toBe(failed.length)
  })

  it('measures each acquire and release as its root span shows it', () => {
    const sums: Record<string, [string, string]> = {
      'storage_lock.acquire.duration': ['StorageLock.Lock', 'outcome'],
      'storage_lock.release.duration': ['StorageLock.Unlock', 'outcome'],
      'storage_lock.hold.duration': [HOLD, 'hold.end'],
    }
    for (const [instrument, [span, label]] of Object.entries(sums)) {
      const own = spans.filter((each) => each.name === span && attribute(each, label) !== undefined)
      for (const value of new Set(own.map((each) => attribute(each, label) as string))) {
        const shown = own.filter(
          (each) => attribute(each, label) === value && attribute(each, 'unfinished') !== true,
        )
        const where = { [`storage_lock.${label}`]: value }
        expect(metrics.count(instrument, where)).toBe(shown.length)
        expect(metrics.sum(instrument, where)).toBeCloseTo(
          shown.reduce((total, each) => total + durationOf(each), 0),
          9,
        )
      }
    }
  })

  it('counts attempts and contentions by the counters in the payloads', () => {
    let busy = 0
    let misses = 0
    let attempts = 0
    for (const rootId of stream.treesWith('StorageLock.Lock.Begin')) {
      const actions = stream.actions(rootId)
      const most = (key: string): number =>
        Math.max(0, ...actions.map(({ payload_map: payload }) => Number(payload?.[key] ?? 0)))
      busy += most('lockBusyCount')
      misses += most('versionMissCount')
      const ended = actions.some(({ name: action }) => action.endsWith('Lock.Finish'))
      const known = actions.some(({ name: action }) => /Begin\.(Success|Error)$|^timeout$/.test(action))
      if (!known && !ended) continue
      const timedOut = actions.some(({ name: action }) => action === 'timeout')
      if (known) attempts += most('lockBusyCount') + most('versionMissCount') + (timedOut ? 0 : 1)
    }
    expect(metrics.value('storage_lock.contentions', { 'storage_lock.reason': 'busy' }) ?? 0).toBe(busy)
    expect(metrics.value('storage_lock.contentions', { 'storage_lock.reason': 'version_miss' }) ?? 0).toBe(
      misses,
    )
    const known = ['acquired', 'timeout', 'error'].map((outcome) =>
      metrics.sum('storage_lock.acquire.attempts', { 'storage_lock.outcome': outcome }),
    )
    expect(known[0]! + known[1]! + known[2]!).toBe(attempts)
  })

  it('records one storage operation for each timed action', () => {
    const timed = stream.actions().filter((action) => TIMED.test(action.name) && action.end_time !== null)
    expect(metrics.count('storage_lock.storage.operation.duration')).toBe(timed.length)
    const took = timed.reduce((total, action) => total + Number(durationOfAction(action)), 0) / 1e9
    expect(metrics.sum('storage_lock.storage.operation.duration')).toBeCloseTo(took, 9)
  })

  it('links each release to the acquire of what it releases, and ends that hold', () => {
    const released = stream.released()
    for (const [unlock, lock] of released) {
      const root = byId.get(unlock.slice(-16))
      const links = (root?.links ?? []).filter(
        (link) => link.attributes?.['storage_lock.relation'] === 'holds',
      )
      expect(links.map((link) => `${link.context.traceId}/${link.context.spanId}`)).toEqual([
        `${lock.slice(-32)}/${lock.slice(-16)}`,
      ])
      const hold = spans.find((span) => span.name === HOLD && attribute(span, 'root_id') === lock)
      expect(hold && attribute(hold, 'hold.end')).toBe('released')
      expect(hold?.parentSpanContext?.spanId).toBe(lock.slice(-16))
      const acquired = stream.actions(lock).find((action) => action.name === SUCCESS)
      expect(hold && nanoseconds(hold.startTime)).toBe(toNanoseconds(acquired?.start_time ?? ''))
      const write = stream
        .actions(unlock)
        .find((action) => /^Storage\.(Delete|Update)WithVersion$/.test(action.name) && action.err === null)
      expect(hold && nanoseconds(hold.endTime)).toBe(toNanoseconds(write?.end_time ?? ''))
    }
    expect(metrics.count('storage_lock.hold.duration', { 'storage_lock.hold.end': 'released' })).toBe(
      new Set(released.values()).size,
    )
  })

  it('records one renewal for each refresh of the watch dog', () => {
    const refreshes = stream.actions().filter((action) => action.name === 'WatchDog.Refresh')
    expect(metrics.count('storage_lock.renewal.duration')).toBe(refreshes.length)
  })

  it.each(stream.lines.length > 10_000 ? [1] : [1, 2, 3])(
    'is told the same in any order (%i)',
    async (seed) => {
      const other = await run(shuffled(stream.lines, seed))
      expect(render(other.spans)).toEqual(render(spans))
      expect(other.metrics.facts()).toEqual(metrics.facts())
    },
  )

  it('is told the same when every line is given twice, in order or not', async () => {
    const twice = [
      doubled(stream.lines),
      [...stream.lines, ...stream.lines],
      shuffled(doubled(stream.lines), 4),
    ]
    for (const lines of stream.lines.length > 10_000 ? twice.slice(2) : twice) {
      const other = await run(lines)
      expect(render(other.spans)).toEqual(render(spans))
      expect(other.metrics.facts()).toEqual(metrics.facts())
    }
  })

  // The watch dog of v0.0.5 stops after its first look; four seconds after its lease the lock is released all
  // the same. Who watches live has seen the lease end by then.
  it.skipIf(name === 'v0.0.5/watchdog.ndjson')('is told the same while it comes', async () => {
    const clock = new ManualClock()
    const telemetry = createTelemetry({ settle: 250, clock })
    const events = stream.lines.map(eventFromJson)
    const begin = toMilliseconds(events[0]?.startTime)
    for (const event of events) {
      // Each line comes when it was published, and the listener has its turn after each.
      clock.advance(Math.max(0, toMilliseconds(event.actions.at(-1)?.startTime) - begin - clock.now()))
      telemetry.listener.on(undefined, event)
      await turn()
    }
    await telemetry.listener.shutdown()
    expect((await telemetry.metrics()).facts()).toEqual(metrics.facts())
    expect(renderShape(telemetry.spans())).toEqual(renderShape(spans))
    await telemetry.close()
  })

  it('has the same tree without the EventIdGenerator, with other ids', async () => {
    const telemetry = createTelemetry({ settle: 250, idGenerator: 'random' })
    await telemetry.tell(stream.lines.map(eventFromJson))
    await telemetry.listener.shutdown()
    const others = telemetry.spans()
    expect(renderShape(others)).toEqual(renderShape(spans))
    expect(others.filter((span) => byId.has(idOf(span)))).toEqual([])
    await telemetry.close()
  })

  describe.each(['compact', 'operation'] as const)('at the level %s', (detail) => {
    let result: Result

    beforeAll(async () => {
      result = await run(stream.lines, detail)
    })

    it('has the same metrics', () => {
      expect(result.metrics.facts()).toEqual(metrics.facts())
    })

    it('has fewer spans, all of them known from the full tree, and no orphan', () => {
      const ids = new Set(result.spans.map(idOf))
      const known = (span: ReadableSpan | undefined): string | undefined =>
        span && `${span.name} ${span.startTime.join()} ${span.endTime.join()} ${span.status.code}`
      const wrong = result.spans.filter(
        (span) =>
          (span.parentSpanContext !== undefined && !ids.has(span.parentSpanContext.spanId)) ||
          (!isLeftover(span) && known(span) !== known(byId.get(idOf(span)))),
      )
      expect(wrong.map(renderSpan)).toEqual([])
      if (spans.length > stream.trees.size) expect(result.spans.length).toBeLessThan(spans.length)
    })

    it('has the same outcomes on the same roots', () => {
      const outcomes = (from: readonly ReadableSpan[]): string[] =>
        from
          .filter((span) => span.parentSpanContext === undefined || span.name === HOLD)
          .map((span) => JSON.stringify([idOf(span), stable(span.attributes)]))
          .sort()
      expect(outcomes(result.spans)).toEqual(outcomes(spans))
    })

    it('shows what it should', () => {
      const shown = new Set(result.spans.map((span) => span.name))
      const renewals = result.spans.filter((span) => span.name === 'WatchDog.Refresh')
      expect(renewals).toHaveLength(metrics.count('storage_lock.renewal.duration'))
      if (detail === 'operation') {
        const kinds = /^(StorageLock\.(Lock|Unlock|Create|Hold|GetFencingToken)|WatchDog\.Refresh)$/
        expect([...shown].filter((each) => !kinds.test(each))).toEqual([])
        const holds = result.spans.filter((span) => span.name === HOLD)
        expect(result.spans).toHaveLength(stream.trees.size + renewals.length + holds.length)
      } else {
        const actions = [...stream.events.values()].flatMap((event) =>
          (event.actions ?? []).map((action) => `${event.id} ${action.name}`),
        )
        const events = result.spans.flatMap((span) =>
          span.events.map(
            (event) =>
              `${String(event.attributes?.['storage_lock.event.id'] ?? attribute(span, 'event.id'))} ${event.name}`,
          ),
        )
        expect(events.sort()).toEqual(actions.sort())
      }
    })
  })
})

/** Stands for an action that found no span open. */
function isLeftover(span: ReadableSpan): boolean {
  return attribute(span, 'event.late') === true
}

function toMilliseconds(time: HrTime | undefined): number {
  return time === undefined ? 0 : time[0] * 1000 + time[1] / 1e6
}

function durationOfAction(action: LineAction): string {
  return action.end_time === null
    ? '-'
    : String(toNanoseconds(action.end_time) - toNanoseconds(action.start_time))
}
