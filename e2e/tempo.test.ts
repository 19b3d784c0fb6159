import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runBridge } from './support/bridge.js'
import { isRootOf, treeHas } from './support/questions.js'
import { eventually } from './support/server.js'
import { streamText, streamTruth, traceIdOf, treesOf } from './support/stream.js'
import { Tempo, type TempoMatch } from './support/tempo.js'

const STREAMS = [
  'head/contention.ndjson',
  'head/timeout.ndjson',
  'head/expired.ndjson',
  'head/watchdog.ndjson',
]

/** Streams that lost lines: one how a Lock ended, the other that it did. */
const CUT = [
  { name: 'head/uncontended.ndjson', without: 'StorageLock.Lock.Begin.Success' },
  { name: 'v0.0.5/uncontended.ndjson', without: 'StorageLock.Lock.Finish' },
]

/** The queries of the documentation. */
const DOCUMENTED = [
  ...readFileSync(new URL('../docs/tracing-queries.md', import.meta.url), 'utf8').matchAll(
    /^```traceql\n(.*?)\n```$/gms,
  ),
].map((match) => match[1] ?? '')

/** The runbook's: about troubles that the streams need not have. */
const IN_RUNBOOK = [
  ...readFileSync(new URL('../docs/runbook.md', import.meta.url), 'utf8').matchAll(/^\{.*\}$/gm),
].map(([query]) => query)

describe('Tempo', () => {
  let tempo: Tempo
  let folder: string
  const trees = new Map(STREAMS.flatMap((name) => [...treesOf(streamText(name))]))

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'storage-lock-otel-e2e-'))
    tempo = await Tempo.start()
    for (const name of STREAMS) {
      const file = join(folder, name.replace('/', '-'))
      writeFileSync(file, streamText(name))
      const run = await runBridge([file], { service: 'e2e-tempo', otlpEndpoint: tempo.otlpEndpoint })
      expect(run.status, run.stderr).toBe(0)
    }
    for (const { name, without } of CUT) {
      const file = join(folder, `cut-${name.replace('/', '-')}`)
      const lines = streamText(name)
        .split('\n')
        .filter((line) => !line.includes(`"${without}"`))
      writeFileSync(file, lines.join('\n'))
      const run = await runBridge([file], { service: 'e2e-tempo-cut', otlpEndpoint: tempo.otlpEndpoint })
      expect(run.status, run.stderr).toBe(0)
    }
    await eventually('every trace can be searched for', async () => {
      const found = await tempo.search('{ resource.service.name = "e2e-tempo" }')
      return found.length === trees.size ? true : undefined
    })
  })

  afterAll(async () => {
    await tempo?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const ids = (matches: readonly TempoMatch[]): string[] => matches.map((match) => match.traceId).sort()
  const treesWhere = (matches: (rootId: string) => boolean): string[] =>
    [...trees.keys()].filter(matches).map(traceIdOf).sort()

  it('finds a trace by the hex of each root id, with all its spans', async () => {
    for (const tree of trees.values()) {
      const spans = await tempo.spans(traceIdOf(tree.rootId))
      const holds = spans.filter((span) => span.name === 'StorageLock.Hold').length
      expect(spans.length - holds).toBe(tree.events.size + tree.unpublished.size)
    }
  })

  it('has queries to answer', () => {
    expect(DOCUMENTED.length).toBeGreaterThan(10)
  })

  it.each(DOCUMENTED)('answers what the documentation asks: %s', async (query) => {
    const found = await eventually(`${query} finds something`, async () => {
      const matches = await tempo.search(query)
      return matches.length > 0 ? matches : undefined
    })
    expect(found.length).toBeGreaterThan(0)
  })

  it('understands what the runbook asks', async () => {
    expect(IN_RUNBOOK.length).toBeGreaterThan(5)
    for (const query of IN_RUNBOOK) await expect(tempo.search(query), query).resolves.toBeDefined()
  })

  it('answers which acquires were slow', async () => {
    const slow = STREAMS.flatMap(streamTruth).filter(
      (call) => call.op === 'Lock' && call.end_ns - call.start_ns > 250e6,
    )
    const found = await tempo.search('{ name = "StorageLock.Lock" && duration > 250ms }')
    expect(slow.length).toBeGreaterThan(0)
    expect(found.length).toBe(slow.length)
  })

  it('answers who timed out', async () => {
    const found = await tempo.search('{ name = "StorageLock.Lock" && span.storage_lock.outcome = "timeout" }')
    expect(ids(found)).toEqual(treesWhere((rootId) => treeHas(trees.get(rootId)!, 'timeout')))
    expect(ids(await tempo.search('{ name = "StorageLock.Lock" && status = error }'))).toEqual(ids(found))
  })

  it('answers who held the lock that I waited for', async () => {
    const found = await tempo.search(
      '{ name = "StorageLock.Lock" && link.storage_lock.relation = "waited-for" }',
    )
    expect(found.length).toBeGreaterThan(0)
    for (const { traceId } of found) {
      const [root] = (await tempo.spans(traceId)).filter((span) => isRootOf(span, traceId))
      for (const link of root?.links ?? []) {
        const holder = Buffer.from(link.traceId, 'base64').toString('hex')
        expect((await tempo.spans(holder)).some((span) => span.name === 'StorageLock.Hold')).toBe(true)
      }
    }
  })

  it('answers which holds were lost or expired, and which took them over', async () => {
    const lost = await tempo.search(
      '{ name = "StorageLock.Hold" && span.storage_lock.hold.end != "released" }',
    )
    expect(lost.length).toBeGreaterThan(0)
    const took = await tempo.search('{ link.storage_lock.relation = "took-over" }')
    expect(took.length).toBeGreaterThan(0)
  })

  it('answers which storage operations ran while a lock was held long', async () => {
    const query =
      '{ name = "StorageLock.Hold" && duration > 1s } && { span.storage_lock.operation = "update" }'
    const found = await tempo.search(query)
    expect(found.length).toBeGreaterThan(0)
  })
})
