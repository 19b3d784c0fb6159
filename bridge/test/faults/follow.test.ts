import { appendFile, rename, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { linesOf } from '../../../test/support/streams.js'
import { type BridgeProcess, summaryOf } from '../bridge-process.js'
import { eventually, HOLDS, SPANS, STREAM, useBench } from '../fault-setup.js'

const bench = useBench()

describe('--follow', () => {
  const lines = (): string[] => linesOf(STREAM)
  const delivered = (): Promise<void> => eventually(() => bench.receiver.spansById.size >= SPANS - HOLDS)

  it('reads a file that grows, is rotated, is truncated and vanishes', async () => {
    const path = join(bench.directory, 'service.log')
    const all = lines()
    const quarter = Math.ceil(all.length / 4)
    const part = (index: number): string =>
      `${all.slice(index * quarter, (index + 1) * quarter).join('\n')}\n`
    const read = (bridge: BridgeProcess, text: string): Promise<void> => bridge.says(text)

    const bridge = bench.start(['--follow', '--summary=json', path])
    await read(bridge, 'is not there; waiting')
    await writeFile(path, part(0))
    await bench.receiver.until(() => bench.receiver.spans.length > 0)
    // A line that is written in two halves.
    await appendFile(path, part(1).slice(0, 1000))
    await appendFile(path, part(1).slice(1000))
    await rename(path, `${path}.1`)
    await writeFile(path, part(2))
    await read(bridge, 'was replaced')
    await eventually(async () => bench.receiver.spans.length > 0 && (await stat(path)).size > 0)
    await new Promise((resolve) => setTimeout(resolve, 600))
    await truncate(path)
    await read(bridge, 'was truncated')
    await appendFile(path, part(3))
    await delivered()
    bridge.signal('SIGTERM')
    const result = await bridge.finished
    expect(result.code).toBe(0)
    expect(bench.receiver.spansById.size).toBe(SPANS)
    expect(summaryOf(result).lines).toMatchObject({ events: all.length, broken: 0 })
  }, 60_000)

  it('SIGHUP only makes it look at once', async () => {
    const path = join(bench.directory, 'service.log')
    await writeFile(path, `${lines().slice(0, 100).join('\n')}\n`)
    const bridge = bench.start(['--follow', '--summary=json', path])
    await bench.receiver.until(() => bench.receiver.spans.length > 0)
    bridge.signal('SIGHUP')
    await appendFile(path, `${lines().slice(100).join('\n')}\n`)
    await delivered()
    bridge.signal('SIGTERM')
    const result = await bridge.finished
    expect(result.code).toBe(0)
    expect(summaryOf(result).signal).toBe('SIGTERM')
    expect(bench.receiver.spansById.size).toBe(SPANS)
  })
})
