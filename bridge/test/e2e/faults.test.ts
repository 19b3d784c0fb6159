import { appendFile, mkdtemp, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Behaviour, OtlpReceiver } from '../../../test/support/otlp-receiver.js'
import { eventsOf, linesOf, unpublishedOf } from '../../../test/support/streams.js'
import { BridgeProcess, ensureBuilt, runBridge, summaryOf } from '../bridge-process.js'
import { streamBytes, streamPath } from '../support.js'

const STREAM = 'head/contention.ndjson'
const HOLDS = 48
/** Spans that the stream becomes. */
const SPANS = (() => {
  const events = eventsOf(linesOf(STREAM))
  return events.size + unpublishedOf(events).size + HOLDS
})()

let directory: string
let receiver: OtlpReceiver
let bridges: BridgeProcess[]
beforeAll(ensureBuilt, 180_000)
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bridge-faults-'))
  receiver = await OtlpReceiver.start()
  bridges = []
})
afterEach(async () => {
  await Promise.all(bridges.map((bridge) => bridge.kill()))
  await receiver.close()
  await rm(directory, { recursive: true })
})

/** The exporter's own patience is short here, so that the bridge's is what counts. */
const env = (more: Record<string, string> = {}): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
  OTEL_EXPORTER_OTLP_TIMEOUT: '400',
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '100',
  ...more,
})

function start(args: readonly string[], more: Record<string, string> = {}): BridgeProcess {
  const bridge = new BridgeProcess(args, env(more))
  bridges.push(bridge)
  return bridge
}

/** Waits for something that another process does. */
async function eventually(what: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 25_000; !(await what()); ) {
    if (performance.now() > deadline) throw new Error(`it did not happen: ${what.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('a collector in trouble', () => {
  it.each<[string, Behaviour[]]>([
    ['answers 503, 429 and 502 at first', [503, 429, 502, 503, 503, 429]],
    ['resets connections at first', ['reset', 'reset', 'reset', 'reset', 'reset']],
    ['closes connections at first', ['close', 'close', 'close', 'close', 'close']],
    ['hangs at first', ['hang', 'hang', 'hang', 'hang', 'hang']],
  ])('%s: every span arrives', async (_what, script) => {
    receiver.script = script
    const result = await start(['--summary=json', streamPath(STREAM)]).finished
    expect(result.code).toBe(0)
    expect(receiver.spansById.size).toBe(SPANS)
    expect(summaryOf(result).spans).toEqual({ made: SPANS, delivered: SPANS, undelivered: 0 })
    expect(receiver.total('storage_lock.hold.duration')).toBe(HOLDS)
  })

  it('answers half a body: what it took is not sent again', async () => {
    receiver.behaviour = 'half'
    const result = await start(['--summary=json', streamPath(STREAM)]).finished
    expect(result.code).toBe(0)
    expect(receiver.spans).toHaveLength(SPANS)
  })

  it('is down at the start and comes up later: every span arrives', async () => {
    const { port } = receiver
    await receiver.close()
    const bridge = start(['--summary=json', streamPath(STREAM)])
    await bridge.says('cannot deliver')
    receiver = await OtlpReceiver.start({ port })
    const result = await bridge.finished
    expect(result.code).toBe(0)
    expect(result.stderr).toContain('delivering again')
    expect(receiver.spansById.size).toBe(SPANS)
    expect(receiver.total('storage_lock.acquire.duration')).toBe(48)
  })

  it('dies half-way and comes back: every span arrives', async () => {
    const { port } = receiver
    const bridge = start(['--summary=json'])
    await bridge.feed(streamBytes(STREAM))
    await receiver.until(() => receiver.spans.length > 500)
    const before = receiver.spansById
    await receiver.close()
    void bridge.end()
    await bridge.says('cannot deliver')
    receiver = await OtlpReceiver.start({ port })
    const result = await bridge.finished
    expect(result.code).toBe(0)
    expect(new Set([...before.keys(), ...receiver.spansById.keys()]).size).toBe(SPANS)
  })

  it('never comes: the exit status and the report tell exactly what was not delivered', async () => {
    receiver.behaviour = 503
    const result = await start(['--summary=json', '--give-up=1', streamPath(STREAM)]).finished
    expect(result.code).toBe(3)
    expect(summaryOf(result)).toMatchObject({
      spans: { made: SPANS, delivered: 0, undelivered: SPANS },
      metrics: { delivered: false },
      exitCode: 3,
    })
    expect(result.stderr).toContain('not delivered')
  })

  it('refuses some: the report tells how many', async () => {
    receiver.script = [400, 400]
    const result = await start(['--summary=json', streamPath(STREAM)]).finished
    expect(result.code).toBe(3)
    const { spans } = summaryOf(result)
    expect(spans.undelivered).toBeGreaterThan(0)
    expect(spans.undelivered).toBeLessThanOrEqual(200)
    expect(spans.delivered).toBe(receiver.spansById.size)
    expect(spans.made).toBe(SPANS)
  })

  it('tells no secret of the headers, whatever goes wrong', async () => {
    receiver.script = [401, 503, 400]
    const result = await start(['--give-up=1', streamPath(STREAM)], {
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20geheim123',
      OTEL_LOG_LEVEL: 'debug',
    }).finished
    expect(receiver.headers['authorization']).toBe('Bearer geheim123')
    expect(result.stderr + result.stdout.toString()).not.toContain('geheim123')
  })

  it('hangs behind a pipe: the writer is slowed, and the memory stays bounded', async () => {
    receiver.behaviour = 'hang'
    const bridge = start(['--summary=json', '--give-up=never'], { OTEL_EXPORTER_OTLP_TIMEOUT: '60000' })
    const chunk = streamBytes(STREAM)
    let written = 0
    let running = true
    const writing = (async () => {
      // Each round under other ids, as a service would go on.
      for (let round = 0; running && round < 200; round++) {
        const id = round.toString(16).padStart(4, '0')
        await bridge.feed(
          chunk.toString('latin1').replaceAll(/storage-lock-event-[0-9a-f]{4}/g, `storage-lock-event-${id}`),
        )
        written++
      }
    })()
    let before = -1
    let still = 0
    await eventually(async () => {
      await new Promise((resolve) => setTimeout(resolve, 300))
      still = written === before ? still + 1 : 0
      before = written
      return still >= 5
    })
    expect(written).toBeLessThan(100)
    const rss = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${bridge.child.pid}/status`, 'utf8'))?.[1]
    expect(Number(rss)).toBeLessThan(600_000)
    running = false
    receiver.behaviour = 'ok'
    await bridge.kill()
    await writing
  }, 60_000)
})

describe('signals', () => {
  it.each<NodeJS.Signals>(['SIGTERM', 'SIGINT', 'SIGHUP'])(
    '%s: what was read from a pipe is delivered',
    async (name) => {
      const bridge = start(['--summary=json', '--settle=60000'])
      await bridge.feed(streamBytes(STREAM))
      await bridge.feed('ordinary\n')
      await eventually(() => bridge.stdout.toString() === 'ordinary\n')
      bridge.signal(name)
      const result = await bridge.finished
      expect(result).toMatchObject({ code: 0, signal: null })
      expect(receiver.spansById.size).toBe(SPANS)
      expect(summaryOf(result).signal).toBe(name)
    },
  )

  it('SIGTERM: a service that ends with it gets its last lines through', async () => {
    const bridge = start(['--summary=json'])
    await bridge.feed('first\n')
    await eventually(() => bridge.stdout.length > 0)
    bridge.signal('SIGTERM')
    await bridge.feed(streamBytes('head/uncontended.ndjson'))
    await bridge.feed('last\n')
    const result = await bridge.finished
    expect(result.code).toBe(0)
    expect(result.stdout.toString()).toBe('first\nlast\n')
    expect(receiver.spansById.size).toBe(29)
  })

  it('SIGTERM while the collector is away: it ends in time, with 3 and the count', async () => {
    receiver.behaviour = 'hang'
    const bridge = start(['--summary=json', streamPath(STREAM)], { OTEL_EXPORTER_OTLP_TIMEOUT: '60000' })
    await receiver.until(() => receiver.requests.size > 0)
    const begun = performance.now()
    bridge.signal('SIGTERM')
    const result = await bridge.finished
    expect(performance.now() - begun).toBeLessThan(15_000)
    expect(result.code).toBe(3)
    expect(summaryOf(result).spans).toMatchObject({ delivered: 0 })
    expect(summaryOf(result).spans.undelivered).toBe(summaryOf(result).spans.made)
  }, 60_000)

  it('a second SIGINT ends it at once', async () => {
    receiver.behaviour = 'hang'
    const bridge = start(['--summary=json', streamPath(STREAM)], { OTEL_EXPORTER_OTLP_TIMEOUT: '60000' })
    await receiver.until(() => receiver.requests.size > 0)
    bridge.signal('SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 200))
    const begun = performance.now()
    bridge.signal('SIGINT')
    expect((await bridge.finished).code).toBe(130)
    expect(performance.now() - begun).toBeLessThan(3000)
  })
})

describe('--follow', () => {
  const lines = (): string[] => linesOf(STREAM)
  const delivered = (): Promise<void> => eventually(() => receiver.spansById.size >= SPANS - HOLDS)

  it('reads a file that grows, is rotated, is truncated and vanishes', async () => {
    const path = join(directory, 'service.log')
    const all = lines()
    const quarter = Math.ceil(all.length / 4)
    const part = (index: number): string =>
      `${all.slice(index * quarter, (index + 1) * quarter).join('\n')}\n`
    const read = (bridge: BridgeProcess, text: string): Promise<void> => bridge.says(text)

    const bridge = start(['--follow', '--summary=json', path])
    await read(bridge, 'is not there; waiting')
    await writeFile(path, part(0))
    await receiver.until(() => receiver.spans.length > 0)
    // A line that is written in two halves.
    await appendFile(path, part(1).slice(0, 1000))
    await appendFile(path, part(1).slice(1000))
    await rename(path, `${path}.1`)
    await writeFile(path, part(2))
    await read(bridge, 'was replaced')
    await eventually(async () => receiver.spans.length > 0 && (await stat(path)).size > 0)
    await new Promise((resolve) => setTimeout(resolve, 600))
    await truncate(path)
    await read(bridge, 'was truncated')
    await appendFile(path, part(3))
    await delivered()
    bridge.signal('SIGTERM')
    const result = await bridge.finished
    expect(result.code).toBe(0)
    expect(receiver.spansById.size).toBe(SPANS)
    expect(summaryOf(result).lines).toMatchObject({ events: all.length, broken: 0 })
  }, 60_000)

  it('SIGHUP only makes it look at once', async () => {
    const path = join(directory, 'service.log')
    await writeFile(path, `${lines().slice(0, 100).join('\n')}\n`)
    const bridge = start(['--follow', '--summary=json', path])
    await receiver.until(() => receiver.spans.length > 0)
    bridge.signal('SIGHUP')
    await appendFile(path, `${lines().slice(100).join('\n')}\n`)
    await delivered()
    bridge.signal('SIGTERM')
    const result = await bridge.finished
    expect(result.code).toBe(0)
    expect(summaryOf(result).signal).toBe('SIGTERM')
    expect(receiver.spansById.size).toBe(SPANS)
  })
})

/** How far the first file of a state was delivered. */
async function offsetIn(state: string): Promise<number | undefined> {
  const text = await readFile(state, 'utf8').catch(() => undefined)
  return text === undefined
    ? undefined
    : (JSON.parse(text) as { files: { offset: number }[] }).files[0]?.offset
}

describe('--state', () => {
  it('goes on where a finished run ended', async () => {
    const path = join(directory, 'service.log')
    const state = join(directory, 'state.json')
    const all = linesOf(STREAM)
    const half =
      all.findIndex((line, index) => index > all.length / 2 && line.includes('StorageLock.Unlock.Finish')) + 1
    await writeFile(path, `${all.slice(0, half).join('\n')}\n`)
    const first = await runBridge(['--summary=json', '--state', state, path], { env: env() })
    expect(first.code).toBe(0)
    expect(summaryOf(first).lines.events).toBe(half)
    const again = await runBridge(['--summary=json', '--state', state, path], { env: env() })
    expect(summaryOf(again).lines.lines).toBe(0)
    await appendFile(path, `${all.slice(half).join('\n')}\n`)
    const rest = await runBridge(['--summary=json', '--state', state, path], { env: env() })
    expect(summaryOf(rest).lines.events).toBe(all.length - half)
  })

  it('sends again what was not delivered', async () => {
    const path = join(directory, 'service.log')
    const state = join(directory, 'state.json')
    await writeFile(path, streamBytes(STREAM))
    receiver.behaviour = 503
    const failed = await runBridge(['--give-up=0', '--state', state, path], { env: env() })
    expect(failed.code).toBe(3)
    receiver.behaviour = 'ok'
    const result = await runBridge(['--state', state, path], { env: env() })
    expect(result.code).toBe(0)
    expect(receiver.spansById.size).toBe(SPANS)
  })

  it('goes on where a killed bridge had delivered, while a file is followed', async () => {
    const path = join(directory, 'service.log')
    const state = join(directory, 'state.json')
    const lines = linesOf('head/uncontended.ndjson')
    await writeFile(path, `${lines.join('\n')}\n`)
    const { size } = await stat(path)
    const first = start(['--follow', '--state', state, path])
    await eventually(async () => (await offsetIn(state)) === size)
    expect(receiver.spansById.size).toBe(29)
    await first.kill()
    const second = start(['--follow', '--summary=json', '--state', state, path])
    const more = lines.map((line) =>
      line.replaceAll(/storage-lock-event-[0-9a-f]{4}/g, 'storage-lock-event-0000'),
    )
    await appendFile(path, `${more.join('\n')}\n`)
    await eventually(async () => ((await offsetIn(state)) ?? 0) > size + 1000)
    second.signal('SIGTERM')
    const result = await second.finished
    expect(result.code).toBe(0)
    expect(summaryOf(result).lines.events).toBe(more.length)
    expect(receiver.spansById.size).toBe(58)
    expect(receiver.spans).toHaveLength(58)
  })

  it('loses nothing when the bridge is killed at any moment, while the file goes on and is rotated', async () => {
    const path = join(directory, 'service.log')
    const state = join(directory, 'state.json')
    const all = linesOf(STREAM)
    // A service that pauses between its calls: there are moments at which nothing is open.
    const calls: string[][] = [[]]
    for (const line of all) {
      calls.at(-1)!.push(line)
      if (calls.at(-1)!.length > 300 && line.includes('StorageLock.Unlock.Finish')) calls.push([])
    }
    const write = (lines: readonly string[] = []): Promise<void> => appendFile(path, `${lines.join('\n')}\n`)
    const rest = calls.splice(-2).flat()
    const seen = new Set<string>()
    for (const [index, lines] of calls.entries()) {
      const bridge = start(['--follow', '--state', state, '--settle=20', path])
      await write(lines)
      // Each time a little later: while it starts, reads, delivers, or has just written its state.
      await new Promise((resolve) => setTimeout(resolve, 300 + index * 400))
      await bridge.kill()
      for (const id of receiver.spansById.keys()) seen.add(id)
      if (index === 3) {
        await rename(path, `${path}.1`)
        await writeFile(path, '')
      }
    }
    expect(seen.size).toBeGreaterThan(0)
    const last = start(['--follow', '--state', state, path])
    await write(rest)
    await eventually(() => {
      for (const id of receiver.spansById.keys()) seen.add(id)
      return seen.size >= SPANS
    })
    last.signal('SIGTERM')
    expect((await last.finished).code).toBe(0)
    expect(seen.size).toBe(SPANS)
  }, 90_000)

  it('refuses a file that is something else', async () => {
    const state = join(directory, 'state.json')
    await writeFile(state, 'something else')
    const result = await runBridge(['--state', state, streamPath(STREAM)], { env: env() })
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('is not a state file of this program')
    expect(await readFile(state, 'utf8')).toBe('something else')
  })
})
