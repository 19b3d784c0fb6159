import { appendFile, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { linesOf } from '../../../test/support/streams.js'
import { runBridge, summaryOf } from '../bridge-process.js'
import { eventually, SPANS, STREAM, useBench } from '../fault-setup.js'
import { streamBytes, streamPath } from '../support.js'

const bench = useBench()

/** How far the first file of a state was delivered. */
async function offsetIn(state: string): Promise<number | undefined> {
  const text = await readFile(state, 'utf8').catch(() => undefined)
  return text === undefined
    ? undefined
    : (JSON.parse(text) as { files: { offset: number }[] }).files[0]?.offset
}

describe('--state', () => {
  it('goes on where a finished run ended', async () => {
    const path = join(bench.directory, 'service.log')
    const state = join(bench.directory, 'state.json')
    const run = async (): Promise<number> => {
      const result = await runBridge(['--summary=json', '--state', state, path], { env: bench.env() })
      expect(result.code).toBe(0)
      return summaryOf(result).lines.lines
    }
    await writeFile(path, streamBytes('head/uncontended.ndjson'))
    expect(await run()).toBe(28)
    expect(await run()).toBe(0)
    const more = streamBytes('head/reentry.ndjson')
    await appendFile(path, more)
    expect(await run()).toBe(more.toString().trim().split('\n').length)
    expect(await run()).toBe(0)
  })

  it('reads a lock that is held at the end of a file again with what follows', async () => {
    const path = join(bench.directory, 'service.log')
    const state = join(bench.directory, 'state.json')
    const lines = linesOf('head/uncontended.ndjson')
    const half = lines.findIndex((line) => line.includes('StorageLock.Unlock'))
    await writeFile(path, `${lines.slice(0, half).join('\n')}\n`)
    for (const rest of ['', `${lines.slice(half).join('\n')}\n`]) {
      await appendFile(path, rest)
      expect((await runBridge(['--state', state, path], { env: bench.env() })).code).toBe(0)
    }
    const holds = bench.receiver.spans.filter((span) => span.name === 'StorageLock.Hold')
    expect(holds.at(-1)?.attributes['storage_lock.hold.end']).toBe('released')
    expect(bench.receiver.spansById.size).toBe(29)
  })

  it('sends again what was not delivered', async () => {
    const path = join(bench.directory, 'service.log')
    const state = join(bench.directory, 'state.json')
    await writeFile(path, streamBytes(STREAM))
    bench.receiver.behaviour = 503
    const failed = await runBridge(['--give-up=0', '--state', state, path], { env: bench.env() })
    expect(failed.code).toBe(3)
    bench.receiver.behaviour = 'ok'
    const result = await runBridge(['--state', state, path], { env: bench.env() })
    expect(result.code).toBe(0)
    expect(bench.receiver.spansById.size).toBe(SPANS)
  })

  it('goes on where a killed bridge had delivered, while a file is followed', async () => {
    const path = join(bench.directory, 'service.log')
    const state = join(bench.directory, 'state.json')
    const lines = linesOf('head/uncontended.ndjson')
    await writeFile(path, `${lines.join('\n')}\n`)
    const { size } = await stat(path)
    const first = bench.start(['--follow', '--state', state, path])
    await eventually(async () => (await offsetIn(state)) === size)
    expect(bench.receiver.spansById.size).toBe(29)
    await first.kill()
    const second = bench.start(['--follow', '--summary=json', '--state', state, path])
    const more = lines.map((line) =>
      line.replaceAll(/storage-lock-event-[0-9a-f]{4}/g, 'storage-lock-event-0000'),
    )
    await appendFile(path, `${more.join('\n')}\n`)
    await eventually(async () => ((await offsetIn(state)) ?? 0) > size + 1000)
    second.signal('SIGTERM')
    const result = await second.finished
    expect(result.code).toBe(0)
    expect(summaryOf(result).lines.events).toBe(more.length)
    expect(bench.receiver.spansById.size).toBe(58)
    expect(bench.receiver.spans).toHaveLength(58)
  })

  it('goes back to the acquire of a lock that is still held, and no further', async () => {
    const path = join(bench.directory, 'service.log')
    const state = join(bench.directory, 'state.json')
    const lines = linesOf('head/uncontended.ndjson')
    const rootOf = (line: string): string => (JSON.parse(line) as { root_id: string }).root_id
    const lock = lines.find((line) => line.includes('StorageLock.Lock.Begin'))!
    const unlock = lines.find((line) => line.includes('StorageLock.Unlock'))!
    const before = lines.slice(0, lines.indexOf(lock))
    const unlocking = lines.filter((line) => rootOf(line) === rootOf(unlock))
    const locking = lines.slice(before.length).filter((line) => !unlocking.includes(line))
    const others = linesOf('head/reentry.ndjson')
    const text = (part: readonly string[]): string => part.map((line) => `${line}\n`).join('')

    await writeFile(path, text(before) + text(locking) + text(others))
    const first = bench.start(['--follow', '--state', state, path])
    const held = Buffer.byteLength(text(before))
    await eventually(async () => (await offsetIn(state)) === held)
    expect(bench.receiver.spans.some((span) => span.name === 'StorageLock.Lock')).toBe(true)
    await first.kill()

    const second = bench.start(['--follow', '--state', state, path])
    await appendFile(path, text(unlocking))
    const all = held + Buffer.byteLength(text(locking) + text(others) + text(unlocking))
    await eventually(async () => (await offsetIn(state)) === all)
    const holds = bench.receiver.spans.filter((span) => span.name === 'StorageLock.Hold')
    const released = holds.filter((span) => span.traceId === rootOf(lock).slice(-32))
    expect(released.map((span) => span.attributes['storage_lock.hold.end'])).toEqual(['released'])
    second.signal('SIGTERM')
    expect((await second.finished).code).toBe(0)
  })

  it('loses nothing when the bridge is killed at any moment, while the file goes on and is rotated', async () => {
    const path = join(bench.directory, 'service.log')
    const state = join(bench.directory, 'state.json')
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
      const bridge = bench.start(['--follow', '--state', state, '--settle=20', path])
      await write(lines)
      // A file that no bridge has ever opened could not be found after it was renamed.
      if (index === 0) await eventually(async () => (await offsetIn(state)) !== undefined)
      // Each time a little later: while it starts, reads, delivers, or has just written its state.
      await new Promise((resolve) => setTimeout(resolve, 300 + index * 400))
      await bridge.kill()
      for (const id of bench.receiver.spansById.keys()) seen.add(id)
      if (index === 3) {
        await rename(path, `${path}.1`)
        await writeFile(path, '')
      }
    }
    expect(seen.size).toBeGreaterThan(0)
    const last = bench.start(['--follow', '--state', state, path])
    await write(rest)
    await eventually(() => {
      for (const id of bench.receiver.spansById.keys()) seen.add(id)
      return seen.size >= SPANS
    })
    last.signal('SIGTERM')
    expect((await last.finished).code).toBe(0)
    expect(seen.size).toBe(SPANS)
  }, 90_000)

  it('refuses a file that is something else', async () => {
    const state = join(bench.directory, 'state.json')
    await writeFile(state, 'something else')
    const result = await runBridge(['--state', state, streamPath(STREAM)], { env: bench.env() })
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('is not a state file of this program')
    expect(await readFile(state, 'utf8')).toBe('something else')
  })
})
