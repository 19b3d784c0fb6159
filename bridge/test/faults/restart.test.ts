import { existsSync } from 'node:fs'
import { appendFile, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { OtlpReceiver } from '../../../test/support/otlp-receiver.js'
import { linesOf, random } from '../../../test/support/streams.js'
import type { BridgeProcess } from '../bridge-process.js'
import { runBridge } from '../bridge-process.js'
import { contents, endpointOf, eventually, figure, LONG, pause, useBench } from './support.js'

const bench = useBench()
/** Locks that are held for a while, taken over and fought for, and calls that fail. */
const LINES = ['head/watchdog.ndjson', 'head/expired.ndjson', 'head/storage-fault.ndjson'].flatMap((stream) =>
  linesOf(stream),
)

/** A span without its links: a waiter's link to a holder that was delivered before the kill is not told again. */
const withoutLinks = (content: string): string =>
  JSON.stringify((JSON.parse(content) as unknown[]).slice(0, 3))

async function baseline(): Promise<Map<string, string>> {
  const receiver = await OtlpReceiver.start()
  const path = join(bench.directory, 'whole.log')
  await writeFile(path, `${LINES.join('\n')}\n`)
  const { code } = await runBridge([path], { env: endpointOf(receiver) })
  await receiver.close()
  expect(code).toBe(0)
  return contents(receiver)
}

/** The state file is there in whole or not at all. */
async function expectState(path: string): Promise<void> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ENOENT')
    return
  }
  expect(JSON.parse(text)).toMatchObject({ version: 1 })
}

it.each([11, 12])(
  'killed at any moment and started again, it delivers the rest, under the same ids (%i)',
  async (seed) => {
    const expected = await baseline()
    const { directory, receiver } = bench
    const path = join(directory, 'service.log')
    const state = join(directory, 'state.json')
    const next = random(seed)
    const kills = LONG ? 60 : 6
    let rotations = 0
    let written = 0
    const pieces = kills + 1
    const write = async (upTo: number): Promise<void> => {
      while (written < upTo) {
        const count = Math.min(upTo - written, 1 + Math.floor(next() * 60))
        const text = `${LINES.slice(written, written + count).join('\n')}\n`
        // Lines are cut by the writer's buffer anywhere.
        const cut = Math.floor(next() * text.length)
        await appendFile(path, text.slice(0, cut))
        await pause(next() * 10)
        await appendFile(path, text.slice(cut))
        written += count
      }
    }
    await writeFile(path, '')
    let bridge: BridgeProcess
    for (let kill = 1; kill <= kills; kill++) {
      bridge = bench.start(['--follow', '--state', state, path], { OTEL_BSP_SCHEDULE_DELAY: '100' })
      const writing = write(Math.floor((LINES.length * kill) / pieces))
      receiver.script = Array.from({ length: Math.floor(next() * 4) }, () => 503 as const)
      // Killed while it starts or reads, or a moment after it has delivered something new.
      if (next() < 0.7) {
        const known = receiver.spans.length
        await eventually(() => receiver.spans.length > known)
      }
      // A file that no bridge has ever opened could not be found after it was renamed.
      if (kill === 2) await eventually(() => existsSync(state))
      await pause(next() * 1500)
      bridge.signal('SIGKILL')
      await bridge.finished
      await writing
      await expectState(state)
      if (kill === 3) {
        // Rotated while nobody looked.
        await rename(path, `${path}.1`)
        await writeFile(path, '')
        rotations++
      }
    }
    const before = receiver.spans.length
    bridge = bench.start(['--follow', '--state', state, path], { OTEL_BSP_SCHEDULE_DELAY: '100' })
    await write(LINES.length)
    await eventually(() => receiver.spansById.size >= expected.size - 50)
    await pause(1000)
    bridge.signal('SIGTERM')
    expect((await bridge.finished).code).toBe(0)

    const received = contents(receiver)
    expect([...expected.keys()].filter((id) => !received.has(id))).toEqual([])
    expect([...received.keys()].filter((id) => !expected.has(id))).toEqual([])
    const differing = [...expected].filter(
      ([id, content]) => withoutLinks(received.get(id)!) !== withoutLinks(content),
    )
    expect(differing.map(([id, content]) => [content, received.get(id)])).toEqual([])
    figure('killed and restarted', {
      kills,
      rotations,
      events: LINES.length,
      spans: expected.size,
      'sent twice, under the same ids': receiver.spans.length - received.size,
      'sent after the last restart': receiver.spans.length - before,
      'trace and span ids lost': 0,
    })
  },
)
