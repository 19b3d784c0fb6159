import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { linesOf } from '../../../test/support/streams.js'
import { summaryOf } from '../bridge-process.js'
import { streamPath } from '../support.js'
import { baselineOf, contents, endpointOf, eventually, useBench } from './support.js'

const bench = useBench()
const STREAM = 'head/contention.ndjson'
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** Events with an ordinary line of 200 bytes after each. */
const MIXED = linesOf(STREAM)
  .map((line, index) => `${line}\n${String(index).padEnd(200, 'x')}\n`)
  .join('')

interface Run {
  readonly child: ChildProcess
  readonly code: Promise<number | null>
  stderr: string
}

/** The bridge with a stdout of its own choice. */
function run(args: string[], stdout: number | 'pipe', stderr: number | 'pipe' = 'pipe'): Run {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ...endpointOf(bench.receiver) },
    stdio: ['pipe', stdout, stderr],
  })
  const result: Run = {
    child,
    stderr: '',
    code: new Promise((resolve) => {
      child.on('close', (code) => resolve(code))
    }),
  }
  child.stderr?.on('data', (chunk: Buffer) => {
    result.stderr += chunk.toString()
  })
  child.stdin?.on('error', () => undefined)
  return result
}

async function expectAllSpans(): Promise<void> {
  expect(contents(bench.receiver)).toEqual(await baselineOf(STREAM))
}

describe('stdout', () => {
  it('that is closed by its reader stops the passing of lines, not the export', async () => {
    const bridge = run(['--summary=json'], 'pipe')
    bridge.child.stdout!.once('data', () => bridge.child.stdout!.destroy())
    bridge.child.stdin!.end(MIXED)
    expect(await bridge.code).toBe(0)
    expect(bridge.stderr).toContain('stdout takes no more (EPIPE)')
    await expectAllSpans()
  })

  it('on a full disk stops the passing of lines, not the export, and says so', async () => {
    const full = openSync('/dev/full', 'w')
    const bridge = run(['--summary=json'], full)
    closeSync(full)
    bridge.child.stdin!.end(MIXED)
    await bridge.code
    expect(bridge.stderr).toContain('stdout takes no more (ENOSPC)')
    await expectAllSpans()
  })

  it('that is not read holds the bridge back; read again, every line is there', async () => {
    const bridge = run(['--summary=json'], 'pipe')
    const chunks: Buffer[] = []
    const rounds = 12
    let written = 0
    void (async () => {
      for (let round = 0; round < rounds; round++) {
        await new Promise((resolve) => bridge.child.stdin!.write(MIXED, resolve))
        written++
      }
      bridge.child.stdin!.end()
    })()
    let before = -1
    await eventually(async () => {
      const same = written === before
      before = written
      await new Promise((resolve) => setTimeout(resolve, 1000))
      return same && written === before
    })
    expect(written).toBeLessThan(rounds)
    bridge.child.stdout!.on('data', (chunk: Buffer) => chunks.push(chunk))
    expect(await bridge.code).toBe(0)
    const passed = Buffer.concat(chunks)
      .toString()
      .split('\n')
      .filter((line) => /^\d+x+$/.test(line))
    expect(passed).toHaveLength(rounds * linesOf(STREAM).length)
  })
})

describe('stderr', () => {
  it('on a full disk changes nothing', async () => {
    const full = openSync('/dev/full', 'w')
    const bridge = run([streamPath(STREAM)], 'pipe', full)
    closeSync(full)
    bridge.child.stdin!.end()
    expect(await bridge.code).toBe(0)
    await expectAllSpans()
  })

  it('that is closed by its reader changes nothing', async () => {
    const bridge = run(['--summary=json', streamPath(STREAM), '/nowhere'], 'pipe')
    bridge.child.stderr!.destroy()
    bridge.child.stdin!.end()
    expect(await bridge.code).toBe(2)
    await expectAllSpans()
  })
})

describe('the state file', () => {
  it('that cannot be written is told, and the export goes on', async () => {
    const folder = join(bench.directory, 'states')
    await mkdir(folder)
    const path = join(bench.directory, 'service.log')
    await writeFile(path, `${linesOf(STREAM).join('\n')}\n`)
    const bridge = bench.start(['--follow', '--summary=json', '--state', join(folder, 'state.json'), path])
    await rm(folder, { recursive: true })
    await bridge.says('cannot write the state file')
    const baseline = await baselineOf(STREAM)
    await eventually(() => bench.receiver.spansById.size >= baseline.size)
    bridge.signal('SIGTERM')
    const result = await bridge.finished
    expect(result.code).toBe(0)
    expect(summaryOf(result).spans.undelivered).toBe(0)
    await expectAllSpans()
  })
})
