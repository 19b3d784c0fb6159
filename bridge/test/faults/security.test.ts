import { writeFile } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { linesOf } from '../../../test/support/streams.js'
import { type BridgeProcess, runBridge } from '../bridge-process.js'
import { streamBytes, streamPath } from '../support.js'
import { eventually, pause, useBench } from './support.js'

const bench = useBench()
const STREAM = 'head/contention.ndjson'

interface Answer {
  readonly status: number
  readonly body: string
}

function get(
  url: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, ...options }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      )
    })
    sent.on('error', reject)
    sent.end()
  })
}

async function serving(bridge: BridgeProcess): Promise<string> {
  await eventually(() => /serving (http:\S+)/.test(bridge.stderr))
  return /serving (http:\S+)/.exec(bridge.stderr)![1]!
}

/** A connection whose end, and all that came from it, can be waited for. */
function open(port: number): { socket: Socket; closed: Promise<string> } {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => undefined)
  return { socket, closed: new Promise((resolve) => socket.on('close', () => resolve(text))) }
}

describe('/metrics', () => {
  it('is served on the loopback interface only, and nothing else is served', async () => {
    const bridge = bench.start(['--prometheus=0'])
    const url = new URL(await serving(bridge))
    expect(url.hostname).toBe('127.0.0.1')
    expect((await get(url.href)).status).toBe(200)
    const others = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
    for (const { address, family, internal } of others) {
      if (internal || family !== 'IPv4') continue
      await expect(get(`http://${address}:${url.port}/metrics`)).rejects.toThrow()
    }
    for (const path of [
      '/',
      '/metrics/',
      '/metrics/..',
      '//metrics',
      '/%6detrics',
      '/favicon.ico',
      '/debug',
      '/../etc/passwd',
    ]) {
      const answer = await get(`${url.origin}${path}`)
      expect(answer).toEqual({ status: 404, body: '' })
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'TRACE', 'OPTIONS', 'PATCH']) {
      expect((await get(url.href, { method })).status).toBe(405)
    }
  })

  it('survives slow, oversized, broken and many requests, while it serves the others', async () => {
    const bridge = bench.start(['--prometheus=0'])
    const { port, href } = new URL(await serving(bridge))
    const slow = Array.from({ length: 20 }, () => {
      const connection = open(Number(port))
      connection.socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ')
      const timer = setInterval(() => connection.socket.write('a'), 500)
      connection.socket.on('close', () => clearInterval(timer))
      return connection
    })
    expect((await get(href)).status).toBe(200)

    const oversized = open(Number(port))
    oversized.socket.write(`GET /metrics HTTP/1.1\r\nHost: x\r\nX-Big: ${'a'.repeat(1_000_000)}`)
    expect(await oversized.closed).toContain('431')
    const broken = open(Number(port))
    broken.socket.write(Buffer.from([0x16, 3, 1, 0, 255, 0, 0, 13, 10, 13, 10]))
    expect(await broken.closed).toContain('400')
    const posted = open(Number(port))
    posted.socket.write('POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n')
    const drowning = setInterval(() => posted.socket.write('x'.repeat(65_536)), 1)
    expect(await posted.closed).toContain('405')
    clearInterval(drowning)

    const answers = await Promise.all(Array.from({ length: 10 }, () => get(href)))
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 10 }, () => 200))

    // Those who never finish their request are cut off.
    const begun = performance.now()
    await Promise.all(slow.map((connection) => connection.closed))
    expect(performance.now() - begun).toBeLessThan(15_000)
    expect(bridge.child.exitCode).toBeNull()
    expect((await get(href)).status).toBe(200)
  })

  it('does not hold up the events, and tells nothing of payloads, owners and errors', async () => {
    const bridge = bench.start(['--prometheus=0', '--settle=0'])
    const href = await serving(bridge)
    const secret = 'geheim-7'
    for (const line of linesOf('head/storage-fault.ndjson').slice(0, 600)) {
      const event = JSON.parse(line) as Record<string, unknown> & {
        actions: Record<string, unknown>[] | null
      }
      event['owner_id'] = `owner-${secret}`
      event['err'] = event['err'] === null ? null : `no ${secret}`
      for (const action of event.actions ?? []) {
        if (action['err'] !== null) action['err'] = `connection of ${secret} refused at 0x7f3${secret}`
        action['payload_map'] = { ...(action['payload_map'] as object | null), note: secret }
      }
      await bridge.feed(`${JSON.stringify(event)}\n`)
    }
    await eventually(async () => (await get(href)).body.includes('storage_lock_acquire_duration_count'))
    await pause(300)
    const { body } = await get(href)
    expect(body).toMatch(/storage_lock_acquire_duration_bucket\{/)
    expect(body).toMatch(/error_type=/)
    expect(body).not.toContain(secret)
    bridge.child.stdin.end()
    expect((await bridge.finished).code).toBe(0)
    const sent = JSON.stringify(bench.receiver.metricNames.map((name) => bench.receiver.metric(name)))
    expect(sent).toContain('storage_lock.acquire.duration')
    expect(sent).not.toContain(secret)
  })
})

/** Takes whatever comes and keeps its bytes. */
async function byteKeeper(): Promise<{ server: Server; endpoint: string; bytes: () => Buffer }> {
  const bodies: Buffer[] = []
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
      bodies.push(incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)
      response.writeHead(200, { 'content-type': incoming.headers['content-type'] ?? '' }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    server,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => Buffer.concat(bodies),
  }
}

describe('owner ids and payloads', () => {
  const OWNER = 'owner-host-4711'
  /** Every owner id there is, in fields, payloads, nested JSON and error texts. */
  const lines = [
    'head/contention.ndjson',
    'head/expired.ndjson',
    'head/watchdog.ndjson',
    'head/reentry.ndjson',
  ]
    .flatMap((stream) => linesOf(stream))
    .map((line) => line.replaceAll(/owner-[\w-]+/g, (owner) => `${OWNER}-${owner}`))
  const another = JSON.parse(lines.find((line) => line.includes('StorageLock.Lock.Begin'))!) as {
    owner_id: string
  }
  const withErrors = lines.map((line, index) =>
    index > 200 && index % 7 === 0
      ? line.replace('"err":null', `"err":"lock is held by ${another.owner_id}: try again"`)
      : line,
  )

  it.each(['hash', 'drop'])('--owner-id=%s: not one byte of an owner id is sent or written', async (mode) => {
    const keeper = await byteKeeper()
    const path = join(bench.directory, 'service.log')
    await writeFile(path, `${lines.join('\n')}\n`)
    const args = [`--owner-id=${mode}`, '--print=50', path]
    const result = await runBridge(args, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: keeper.endpoint } })
    keeper.server.close()
    expect(result.code).toBe(0)
    const sent = keeper.bytes()
    expect(sent.length).toBeGreaterThan(500_000)
    expect(sent.includes('storage_lock.payload')).toBe(true)
    for (const bytes of [sent, result.stdout, Buffer.from(result.stderr)])
      expect(bytes.includes(OWNER)).toBe(false)
    expect(sent.includes('storage_lock.owner.id')).toBe(mode === 'hash')
  })

  it('--owner-id=drop: nor where an error names another owner', async () => {
    const keeper = await byteKeeper()
    const path = join(bench.directory, 'service.log')
    await writeFile(path, `${withErrors.join('\n')}\n`)
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: keeper.endpoint }
    const result = await runBridge(['--owner-id=drop', '--settle=0', path], { env })
    keeper.server.close()
    expect(result.code).toBe(0)
    expect(keeper.bytes().includes('lock is held by')).toBe(true)
    expect(keeper.bytes().includes(OWNER)).toBe(false)
  })

  it('--no-payload: no payload is sent', async () => {
    const keeper = await byteKeeper()
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: keeper.endpoint }
    const result = await runBridge(['--no-payload', streamPath(STREAM)], { env })
    keeper.server.close()
    expect(result.code).toBe(0)
    expect(keeper.bytes().length).toBeGreaterThan(100_000)
    expect(keeper.bytes().includes('storage_lock.payload')).toBe(false)
  })
})

const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/u

describe('the terminal', () => {
  const EVIL = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e\r\n\u0000\u2028\ufeff'

  it('gets no control characters from ids, names, payloads and errors', async () => {
    const path = join(bench.directory, 'evil.log')
    const text = streamBytes('head/uncontended.ndjson')
      .toString()
      .replaceAll(
        /"(lock_id|owner_id|storage_name|watch_dog_id)":"([^"]*)"/g,
        (_all, key: string, value: string) => `"${key}":${JSON.stringify(value + EVIL)}`,
      )
      .replaceAll('"StorageLock.Lock.Try.Begin"', JSON.stringify(`Evil${EVIL}.Begin`))
      .replaceAll('"err":null', `"err":${JSON.stringify(`no${EVIL}`)}`)
    const broken = `{"id":"storage-lock-event-1","root_id":${JSON.stringify(EVIL)},"event_type":${JSON.stringify(EVIL)}}\n`
    await writeFile(path, text + broken)
    const env = { FORCE_COLOR: '0', LANG: 'C.UTF-8' }
    for (const args of [
      ['--print', path],
      ['--print', '--detail=operation', path, `/nowhere/${EVIL.replace('\u0000', '')}`],
    ]) {
      const result = await runBridge(args, { env })
      const shown = result.stdout.toString() + result.stderr
      expect(shown).toContain('StorageLock.Lock')
      expect(shown.replaceAll('\n', '')).not.toMatch(UNSAFE)
    }
  })
})

describe('secrets of the environment', () => {
  it('never show, whatever goes wrong', async () => {
    const secrets = { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20geheim123,x-api-key=geheim456' }
    for (const behaviour of [401, 503] as const) {
      bench.receiver.behaviour = behaviour
      const bridge = bench.start(['--give-up=1', '--summary=json', streamPath('head/uncontended.ndjson')], {
        ...secrets,
        OTEL_LOG_LEVEL: 'all',
      })
      const result = await bridge.finished
      expect(result.code).toBe(3)
      expect(bench.receiver.headers).toMatchObject({
        authorization: 'Bearer geheim123',
        'x-api-key': 'geheim456',
      })
      expect(result.stderr + result.stdout.toString()).not.toMatch(/geheim/)
    }
    const wrong = await runBridge([streamPath('head/uncontended.ndjson'), '--give-up=0'], {
      env: {
        ...secrets,
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://geheim:geheim@127.0.0.1:9',
        OTEL_LOG_LEVEL: 'all',
      },
    })
    expect(wrong.stderr + wrong.stdout.toString()).not.toMatch(/geheim/)
  })
})
