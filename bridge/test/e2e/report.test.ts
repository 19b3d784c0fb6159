import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { PageData } from '../../src/report/model/page-data.js'
import { BridgeProcess, ensureBuilt, runBridge } from '../bridge-process.js'
import { streamBytes, streamLines, streamPath } from '../support.js'

const CONTENTION = streamPath('head/contention.ndjson')
let folder: string
let page: string

beforeAll(async () => {
  await ensureBuilt()
})

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-report-'))
  page = join(folder, 'report.html')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The facts and the settings in a written page. */
function read(path = page): { facts: PageData; settings: Record<string, unknown> } {
  const html = readFileSync(path, 'utf8')
  const part = (id: string): unknown =>
    JSON.parse(new RegExp(`id="${id}">(.*?)</script>`, 's').exec(html)?.[1] ?? 'null')
  return { facts: part('facts') as PageData, settings: part('settings') as Record<string, unknown> }
}

describe('report', () => {
  test('writes the page of files, and sends nothing whatever the environment says', async () => {
    const { code, stderr } = await runBridge(
      ['report', CONTENTION, streamPath('head/load-slice.ndjson.gz'), '-o', page],
      {
        // Nobody listens there: whoever sends would fail.
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
      },
    )
    expect([code, stderr]).toEqual([0, expect.stringContaining(`wrote ${page}`)])
    const { facts, settings } = read()
    expect(facts.locks.length).toBe(11)
    expect(facts.acquires.start.length).toBe(48 + 364 + 15)
    expect(settings['source']).toContain('contention.ndjson')
  })

  test('reads stdin, and passes on what is no event', async () => {
    const { code, stdout } = await runBridge(['report', '--output', page, '-q'], {
      input: `hello\n${streamBytes('head/expired.ndjson').toString()}`,
    })
    expect([code, stdout.toString()]).toEqual([0, 'hello\n'])
    expect(read().facts.releases.start.length).toBe(2)
  })

  test('takes the way owners are to be shown, and the address of traces', async () => {
    const url = 'http://localhost:16686/trace/{traceId}'
    const { code } = await runBridge([
      'report',
      CONTENTION,
      '-o',
      page,
      '--owner-id',
      'drop',
      '--trace-url',
      url,
    ])
    expect(code).toBe(0)
    expect(read().facts.owners).toEqual(['owner 1', 'owner 2', 'owner 3', 'owner 4', 'owner 5', 'owner 6'])
    expect(read().settings['traceUrl']).toBe(url)
  })

  test('an input that cannot be read, or a page that cannot be written, is told by the exit status', async () => {
    expect((await runBridge(['report', join(folder, 'missing'), CONTENTION, '-o', page])).code).toBe(2)
    expect(read().facts.acquires.start.length).toBe(48)
    const { code, stderr } = await runBridge(['report', CONTENTION, '-o', join(folder, 'no', 'where.html')])
    expect([code, stderr]).toEqual([3, expect.stringContaining('cannot write the report')])
  })
})

describe('--report', () => {
  test('writes the page beside the other outputs', async () => {
    const { code, stdout } = await runBridge(['--report', page, '--print=1', CONTENTION])
    expect([code, stdout.toString()]).toEqual([0, expect.stringContaining('StorageLock.Lock')])
    expect(read().facts.acquires.start.length).toBe(48)
  })

  test('writes it when a signal ends the bridge', async () => {
    const bridge = new BridgeProcess(['--report', page, '--prometheus', '0'])
    try {
      await bridge.says('serving')
      await bridge.feed(`${streamLines('head/contention.ndjson').join('\n')}\n`)
      await bridge.feed('not an event\n')
      await expect.poll(() => bridge.stdout.toString(), { timeout: 10_000 }).toBe('not an event\n')
      bridge.signal('SIGTERM')
      expect((await bridge.finished).code).toBe(0)
      expect(read().facts.acquires.start.length).toBe(48)
    } finally {
      await bridge.kill()
    }
  })
})

describe('--ui', () => {
  const facts = async (address: string): Promise<PageData> =>
    ((await (await fetch(`${address}facts`)).json()) as { data: PageData }).data

  test('serves the page while events arrive', async () => {
    const bridge = new BridgeProcess(['--ui', '0', '--settle', '0'])
    try {
      await bridge.says('serving http://127.0.0.1:')
      const address = /serving (\S+)/.exec(bridge.stderr)?.[1] ?? ''
      expect(await (await fetch(address)).text()).toContain('<!doctype html>')
      expect((await facts(address)).acquires.start).toEqual([])
      await bridge.feed(`${streamLines('head/contention.ndjson').join('\n')}\n`)
      await expect
        .poll(async () => (await facts(address)).acquires.start.length, { timeout: 10_000 })
        .toBe(48)
      expect((await bridge.end()).code).toBe(0)
      await expect(fetch(address)).rejects.toThrow()
    } finally {
      await bridge.kill()
    }
  })

  test('after files it stays until it is told to end', async () => {
    const bridge = new BridgeProcess(['--ui', '127.0.0.1:0', CONTENTION])
    try {
      await bridge.says('Ctrl+C')
      const address = /serving (\S+)/.exec(bridge.stderr)?.[1] ?? ''
      expect((await facts(address)).acquires.start.length).toBe(48)
      bridge.signal('SIGINT')
      expect((await bridge.finished).code).toBe(0)
    } finally {
      await bridge.kill()
    }
  })

  test('a port that is taken is told with the option to change', async () => {
    const first = new BridgeProcess(['--ui', '0'])
    try {
      await first.says('serving')
      const port = /:(\d+)\//.exec(first.stderr)?.[1] ?? ''
      const { code, stderr } = await runBridge(['--ui', port])
      expect([code, stderr]).toEqual([1, expect.stringMatching(/cannot serve the page .*--ui/)])
    } finally {
      await first.kill()
    }
  })
})
