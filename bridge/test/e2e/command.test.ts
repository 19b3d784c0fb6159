import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { OtlpReceiver } from '../../../test/support/otlp-receiver.js'
import { BridgeProcess, ensureBuilt, MAIN, runBridge, summaryOf } from '../bridge-process.js'
import { eventLine, streamBytes, streamPath } from '../support.js'

let directory: string
beforeAll(ensureBuilt, 180_000)
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bridge-command-'))
})
afterEach(() => rm(directory, { recursive: true }))

describe('the command line', () => {
  it('answers --help and --version', async () => {
    const help = await runBridge(['--help'])
    expect(help.code).toBe(0)
    expect(help.stdout.toString()).toContain('Usage: storage-lock-otel-bridge [options] [FILE...]')
    const version = await runBridge(['--version'])
    expect(version.stdout.toString()).toMatch(/^\d+\.\d+\.\d+/)
  })

  it.each([
    [['--detial=full'], 'did you mean --detail?'],
    [['--limit', 'openTree=5', '-'], '--limit openTree is not a limit'],
    [['--prometheus', '256.1.1.1:1', '-'], 'cannot serve /metrics'],
  ])('ends with 1 and says what is wrong: %j', async (args, message) => {
    const result = await runBridge(args)
    expect(result.code).toBe(1)
    expect(result.stderr).toContain(message)
    expect(result.stdout.toString()).toBe('')
  })

  it('ends with 1 for settings in the environment that it cannot follow', async () => {
    const protocol = await runBridge([], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_EXPORTER_OTLP_PROTOCOL: 'smoke' },
    })
    expect(protocol).toMatchObject({ code: 1 })
    expect(protocol.stderr).toContain('OTEL_EXPORTER_OTLP_PROTOCOL=smoke is not known')
    const exporter = await runBridge([], { env: { OTEL_TRACES_EXPORTER: 'zipkin' } })
    expect(exporter).toMatchObject({ code: 1 })
    expect(exporter.stderr).toContain('OTEL_TRACES_EXPORTER=zipkin is not known here')
  })

  it('reads the other files when one cannot be read, and ends with 2', async () => {
    const good = streamPath('head/create.ndjson')
    const result = await runBridge([
      '--summary=json',
      '--prometheus',
      '0',
      join(directory, 'gone.log'),
      directory,
      good,
    ])
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('gone.log: there is no such file')
    expect(result.stderr).toContain('it is a directory')
    expect(summaryOf(result)).toMatchObject({
      lines: { events: 5 },
      unreadable: [expect.any(String), directory],
    })
  })

  it('reads what it can of a damaged gzip file, and ends with 2', async () => {
    const path = join(directory, 'cut.ndjson.gz')
    await writeFile(path, gzipSync(streamBytes('head/contention.ndjson')).subarray(0, 40_000))
    const result = await runBridge(['--summary=json', '--prometheus', '0', path])
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('cut.ndjson.gz to its end')
    expect(summaryOf(result).lines.events).toBeGreaterThan(100)
  })
})

describe('--print', () => {
  const env = { COLUMNS: '80' }

  it('draws the traces of a small file and its timings, without any server', async () => {
    const result = await runBridge(['--print', streamPath('head/uncontended.ndjson')], { env })
    expect(result.code).toBe(0)
    const text = result.stdout.toString()
    expect(text).toMatch(/^StorageLock\.Create {2}/m)
    expect(text).toMatch(/^StorageLock\.Lock {2}/m)
    expect(text).toMatch(/^StorageLock\.Unlock {2}/m)
    expect(text).toMatch(/^ {4}StorageLock\.Hold .*━+ /m)
    expect(text).toMatch(/^acquire acquired uncontended +1 /m)
    expect(text).not.toContain('not shown')
    expect(result.stderr).toContain('28 lines')
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  it('is what happens when no other output is asked for', async () => {
    const result = await runBridge([streamPath('head/uncontended.ndjson')], { env })
    expect(result.stdout.toString()).toContain('StorageLock.Hold')
  })

  it('draws the slowest of many, as many as are asked for', async () => {
    const result = await runBridge(['--print=3', streamPath('head/contention.ndjson')], { env })
    const text = result.stdout.toString()
    expect(text.match(/ {2}trace [0-9a-f]{32}/g)).toHaveLength(3)
    expect(text).toContain('more spans')
    expect(text).toMatch(/\d+ faster traces not shown; --print=\d+ shows more/)
  })

  it('draws on stderr what it reads from stdin, while it reads', async () => {
    const bridge = new BridgeProcess(['--print'], env)
    await bridge.feed(`first\n${streamBytes('head/uncontended.ndjson').toString()}second\n`)
    await bridge.says('StorageLock.Unlock')
    expect(bridge.stdout.toString()).toBe('first\nsecond\n')
    const result = await bridge.end()
    expect(result.code).toBe(0)
    expect(result.stderr).toContain('StorageLock.Hold')
    expect(result.stdout.toString()).toBe('first\nsecond\n')
  })

  it('lets no terminal escape out of the events reach the terminal', async () => {
    const evil = '\u001b]0;owned\u0007\u001b[31m'
    const action = {
      start_time: '2026-11-22T10:16:15Z',
      end_time: null,
      name: evil,
      err: evil,
      payload_map: { [evil]: evil },
    }
    const line = eventLine({ lock_id: evil, owner_id: evil, storage_name: evil, actions: [action] })
    const path = join(directory, 'evil.ndjson')
    await writeFile(
      path,
      `${line}\n${line.replace('"event_type":2', `"event_type":${JSON.stringify(evil)}`)}\n`,
    )
    const result = await runBridge(['--print', path], { env })
    const shown = (result.stdout.toString() + result.stderr).replaceAll('\n', '')
    expect(shown).not.toMatch(/\p{Cc}/u)
    expect(result.stdout.toString()).toContain('\\x1b]0;owned')
  })

  it('goes on when nobody reads its output any more', async () => {
    const receiver = await OtlpReceiver.start()
    const bridge = new BridgeProcess(['--print'], { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint })
    bridge.child.stdout.destroy()
    await bridge.feed(`line\n`.repeat(100))
    await bridge.feed(streamBytes('head/uncontended.ndjson'))
    await bridge.feed(`line\n`.repeat(100_000))
    const result = await bridge.end()
    expect(result.code).toBe(0)
    expect(result.stderr).toContain('stdout takes no more (EPIPE)')
    expect(receiver.spans.length).toBeGreaterThanOrEqual(29)
    await receiver.close()
  })
})

describe('stdout', () => {
  /** Runs the command line in a shell, as part of a pipe. */
  const shell = (script: string): Promise<{ code: number | null; text: string }> =>
    new Promise((resolve) => {
      const child = spawn('sh', ['-c', script.replaceAll('BRIDGE', `"${process.execPath}" "${MAIN}"`)], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let text = ''
      child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
      child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
      child.on('close', (code) => resolve({ code, text }))
    })

  it.runIf(existsSync('/dev/full'))(
    'that is full ends with 3 and tells how many lines were lost',
    async () => {
      const result = await shell('seq 1 100 | BRIDGE --prometheus 0 > /dev/full')
      expect(result.code).toBe(3)
      expect(result.text).toContain('stdout takes no more (ENOSPC)')
      expect(result.text).toContain('100 lines could not be written to stdout')
    },
  )

  it('that is read slowly gets every line', async () => {
    const result = await shell(
      'seq 1 300000 | BRIDGE -q --prometheus 0 2>&1 | { sleep 1; cksum; }; seq 1 300000 | cksum',
    )
    const [through, direct] = result.text.trim().split('\n').slice(-2)
    expect(through).toBe(direct)
  })

  it('that is not read at all does not keep the export from going on', async () => {
    const receiver = await OtlpReceiver.start()
    const input = `{ cat '${streamPath('head/uncontended.ndjson')}'; seq 1 1000000; }`
    const env = `OTEL_EXPORTER_OTLP_ENDPOINT=${receiver.endpoint}`
    const running = shell(`${input} | ${env} BRIDGE -q --settle 0 | { sleep 8; cat > /dev/null; }`)
    const begun = performance.now()
    await receiver.until(() => receiver.spansById.size >= 29)
    expect(performance.now() - begun).toBeLessThan(7000)
    await running
    await receiver.close()
  })
})

describe('bad input', () => {
  const bad = (): Buffer =>
    Buffer.concat([
      Buffer.from(`${eventLine()}\n`),
      Buffer.from('\n'),
      Buffer.from(`${eventLine({ start_time: 'yesterday' })}\n`),
      Buffer.from(`${eventLine({ event_type: 99, actions: [] })}\n`),
      Buffer.from(`${eventLine({ id: 'own-id', root_id: '', parent_id: '' })}\n`),
      Buffer.from('{"id":"a","root_id":"r","parent_id":"b","event_type":2,"lock_id":"x"}\n'),
      Buffer.from('{"id":"b","root_id":"r","parent_id":"a","event_type":2,"lock_id":"x"}\n'),
      Buffer.from('{"id":"c","root_id":"r2","parent_id":"a","event_type":2,"lock_id":"x"}\n'),
      Buffer.from(`{"id":"big","root_id":"big","event_type":2,"lock_id":"${'x'.repeat(10_000_000)}"}\n`),
      Buffer.from(`${eventLine().slice(0, 200)}`),
    ])

  it('is reported or becomes sensible spans, and never more than that', async () => {
    const receiver = await OtlpReceiver.start()
    const result = await runBridge(['--summary=json'], {
      input: bad(),
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
    })
    expect(result.code).toBe(0)
    const summary = summaryOf(result)
    expect(summary.lines).toMatchObject({ lines: 10, events: 7, empty: 1, broken: 2 })
    expect(result.stderr).toContain('<stdin>:3: ')
    expect(result.stderr).toContain('start_time')
    expect(result.stderr).toContain('<stdin>:10: ')
    expect(result.stdout.toString()).toContain('yesterday')
    expect(summary.spans.undelivered).toBe(0)
    expect(summary.spans.delivered).toBe(receiver.spans.length)
    const ids = receiver.spansById
    for (const span of ids.values()) {
      if (span.parentSpanId !== '') expect(ids.has(`${span.traceId}/${span.parentSpanId}`)).toBe(true)
    }
    await receiver.close()
  })
})

describe('where nothing is to be sent', () => {
  it('nothing is, not even to the default endpoint', async () => {
    const result = await runBridge(['--print', '--summary=json', streamPath('head/create.ndjson')], {
      // Only variables that tell how, none that tells where.
      env: { OTEL_EXPORTER_OTLP_HEADERS: 'x=y', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
    })
    expect(result.code).toBe(0)
    expect(summaryOf(result)).toMatchObject({ spans: { delivered: null }, metrics: { delivered: null } })
  })
})

describe('OTEL_SDK_DISABLED', () => {
  it('makes nothing of the events and passes the other lines on', async () => {
    const result = await runBridge(['--prometheus', '0'], {
      input: `first\n${eventLine()}\nlast\n`,
      env: { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
    })
    expect(result.code).toBe(0)
    expect(result.stdout.toString()).toBe('first\nlast\n')
    expect(result.stderr).toContain('1 event')
  })
})

describe('--prometheus', () => {
  it('serves the metrics while it reads, on loopback', async () => {
    const bridge = new BridgeProcess(['--prometheus', '0'])
    await bridge.says('serving ')
    const url = /serving (\S+)/.exec(bridge.stderr)?.[1] ?? ''
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/)
    await bridge.feed(streamBytes('head/contention.ndjson'))
    let text = ''
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
      text = await (await fetch(url)).text()
      if (/storage_lock_release_duration_count\{[^}]*outcome="released"[^}]*\} 48/.test(text)) break
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(text).toMatch(/storage_lock_acquire_duration_bucket\{.*le="0\.001".*\} \d+/)
    expect(text).toMatch(/storage_lock_release_duration_count\{[^}]*outcome="released"[^}]*\} 48/)
    expect(text).not.toMatch(/owner-0\d/)
    expect((await bridge.end()).code).toBe(0)
  })

  it('ends with 1 when the port is taken', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const result = await runBridge(['--prometheus', String(port)])
    expect(result.code).toBe(1)
    expect(result.stderr).toContain(`cannot serve /metrics on 127.0.0.1:${port} (EADDRINUSE)`)
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('--summary json', () => {
  it('goes to stdout when nothing else does, and to stderr otherwise', async () => {
    const file = await runBridge(['--summary', 'json', '--prometheus', '0', streamPath('head/create.ndjson')])
    expect(JSON.parse(file.stdout.toString())).toMatchObject({ lines: { events: 5 }, exitCode: 0 })
    const alone = await runBridge(['--summary', 'json', streamPath('head/create.ndjson')])
    expect(JSON.parse(alone.stdout.toString())).toMatchObject({ lines: { events: 5 }, exitCode: 0 })
    const piped = await runBridge(['--summary', 'json', '--prometheus', '0'], { input: 'a line\n' })
    expect(piped.stdout.toString()).toBe('a line\n')
    expect(summaryOf(piped)).toMatchObject({ lines: { other: 1 } })
  })
})
