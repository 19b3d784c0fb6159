import { describe, expect, it } from 'vitest'
import { type LineCounts, LineReader, newLineCounts } from '../../src/input/line-reader.js'
import { LineSplitter } from '../../src/input/lines.js'
import { eventLine, streamBytes, streamLines } from '../support.js'

interface Read {
  events: string[]
  other: string
  broken: string[]
  counts: LineCounts
}

function read(input: string | Buffer, maxLineBytes = 1024 * 1024): Read {
  const result: Read = { events: [], other: '', broken: [], counts: newLineCounts() }
  const reader = new LineReader(
    'test.log',
    {
      event: (event) => result.events.push(event.id),
      other: (bytes) => {
        result.other += bytes.toString('latin1')
      },
      broken: (reason, place) => result.broken.push(`${place.file}:${place.line} ${reason}`),
    },
    result.counts,
    maxLineBytes,
  )
  const splitter = new LineSplitter(reader, { maxLineBytes })
  splitter.push(typeof input === 'string' ? Buffer.from(input) : input)
  splitter.end()
  reader.end()
  return result
}

const newId = (n: number): string => `storage-lock-event-${String(n).padStart(32, '0')}`
const event = (n: number, length = 0): string =>
  eventLine({ id: newId(n), lock_id: 'ü'.repeat(Math.floor(length / 2)) })

const docker = (log: string, stream = 'stdout'): string =>
  JSON.stringify({ log, stream, time: '2026-11-22T09:34:47.2Z' })
const cri = (tag: string, text: string, stream = 'stdout'): string =>
  `2026-11-22T09:34:47.200000000Z ${stream} ${tag} ${text}`

/** A line as Docker writes it: in records of 16 KiB, of which the last has the line end. */
function dockerParts(line: string, stream = 'stdout', size = 16_384): string[] {
  const parts: string[] = []
  for (let rest = `${line}\n`; rest !== ''; ) {
    let end = Math.min(size, rest.length)
    if (/[\ud800-\udbff]/.test(rest[end - 1]!)) end--
    parts.push(docker(rest.slice(0, end), stream))
    rest = rest.slice(end)
  }
  return parts
}

/** A line as Kubernetes writes it: cut at 16 KiB of bytes, in the middle of a character if need be. */
function criParts(line: string, stream = 'stdout', size = 16_384): Buffer[] {
  const bytes = Buffer.from(line)
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) {
    const last = at + size >= bytes.length
    parts.push(
      Buffer.concat([
        Buffer.from(cri(last ? 'F' : 'P', '', stream)),
        bytes.subarray(at, at + size),
        Buffer.from('\n'),
      ]),
    )
  }
  return parts
}

describe('LineReader', () => {
  it('passes everything on that is no event, byte for byte and in order', () => {
    const input = Buffer.concat([
      Buffer.from(`first\r\n${event(1)}\n\n  \t\r\n`),
      Buffer.from([0xff, 0xfe, 0x00, 0x0a]),
      Buffer.from(`${event(2)}\r\n{"level":"info"}\nlast`),
    ])
    const result = read(input)
    expect(result.events).toEqual([newId(1), newId(2)])
    expect(result.other).toBe('first\r\n\n  \t\r\n\xff\xfe\0\n{"level":"info"}\nlast')
    expect(result.counts).toMatchObject({ lines: 8, events: 2, empty: 2, other: 4, broken: 0 })
    expect(result.counts.bytes).toBe(input.length)
  })

  it('reports a broken event with its line, and passes it on', () => {
    const broken = event(2).slice(0, 300)
    const result = read(`${event(1)}\n${broken}\n${event(3)}\n`)
    expect(result.events).toEqual([newId(1), newId(3)])
    expect(result.broken).toEqual([expect.stringMatching(/^test\.log:2 expected/)])
    expect(result.other).toBe(`${broken}\n`)
  })

  it('reads an event of 10 MB', () => {
    const result = read(`${event(1, 10_000_000)}\nshort\n`, 16 * 1024 * 1024)
    expect(result.events).toEqual([newId(1)])
  })

  it('passes a line beyond the bound on and says so', () => {
    const long = event(1, 5000)
    const result = read(`${long}\n${event(2)}\n`, 2000)
    expect(result.events).toEqual([newId(2)])
    expect(Buffer.from(result.other, 'latin1').toString()).toBe(`${long}\n`)
    expect(result.counts).toMatchObject({ overlong: 1, events: 1, lines: 2 })
    expect(result.broken).toEqual([expect.stringContaining('longer than 2000 bytes')])
  })
})

describe('LineReader with Docker records', () => {
  it('finds events and passes the other records on as they are', () => {
    const plain = docker('an ordinary line\n')
    const reordered = `{"time":"x","stream":"stderr","log":${JSON.stringify(`${event(2)}\n`)}}`
    const result = read([docker(`${event(1)}\n`), plain, reordered, docker('\n')].join('\n'))
    expect(result.events).toEqual([newId(1), newId(2)])
    expect(result.other).toBe(`${plain}\n${docker('\n')}`)
    expect(result.counts).toMatchObject({ events: 2, other: 1, empty: 1 })
  })

  it('joins parts, those of stdout and stderr apart', () => {
    const out = dockerParts(event(1, 60_000))
    const err = dockerParts(event(2, 60_000), 'stderr')
    const between = docker('between\n')
    const lines = out.flatMap((part, index) => [part, err[index]!])
    const result = read([...lines, between, docker(`${event(3)}\n`)].join('\n'))
    expect(out.length).toBeGreaterThan(1)
    expect(result.events).toEqual([newId(1), newId(2), newId(3)])
    expect(result.other).toBe(`${between}\n`)
    expect(result.counts.joined).toBe(out.length + err.length - 2)
  })

  it('joins zap records that were split', () => {
    const zap = JSON.stringify({ level: 'info', ts: 1, msg: event(1, 40_000) })
    expect(read(dockerParts(zap).join('\n')).events).toEqual([newId(1)])
  })

  it('passes the parts of a long ordinary line on at once', () => {
    const parts = dockerParts(`${'x'.repeat(20_000)} root_id ${'y'.repeat(20_000)}`)
    const result = read(`${parts.join('\n')}\n${docker(`${event(1)}\n`)}\n`)
    expect(result.other).toBe(`${parts.join('\n')}\n`)
    expect(result.events).toEqual([newId(1)])
    expect(result.counts).toMatchObject({ other: 1, joined: parts.length - 1, events: 1 })
  })

  it('passes the parts of a broken event on together', () => {
    const parts = dockerParts(event(1, 40_000).slice(0, -10))
    const result = read(`${parts.join('\n')}\n`)
    expect(result.events).toEqual([])
    expect(result.counts).toMatchObject({ broken: 1 })
    expect(Buffer.from(result.other, 'latin1').toString()).toBe(`${parts.join('\n')}\n`)
  })

  it('takes whole events from records whose line ends were trimmed', () => {
    const result = read([docker(event(1)), docker('plain'), docker(event(2)), docker(event(3))].join('\n'))
    expect(result.events).toEqual([newId(1), newId(2), newId(3)])
  })

  it('takes a line end that is a part of its own as part of its event', () => {
    const result = read([docker(event(1)), docker('\n'), docker('\n'), docker(`${event(2)}\n`)].join('\n'))
    expect(result.events).toEqual([newId(1), newId(2)])
    expect(result.counts).toMatchObject({ joined: 1, empty: 1 })
  })

  it('reads the last line of a container that ended without a line end', () => {
    const parts = dockerParts(event(1, 40_000))
    const last = parts.length - 1
    parts[last] = parts[last]!.replace(/\\n"/, '"')
    expect(read(parts.join('\n')).events).toEqual([newId(1)])
  })
})

describe('LineReader with Kubernetes lines', () => {
  it('finds events and passes the other lines on as they are', () => {
    const plain = cri('F', 'an ordinary line')
    const result = read([cri('F', event(1)), plain, cri('F:tag', event(2)), cri('F', '')].join('\n'))
    expect(result.events).toEqual([newId(1), newId(2)])
    expect(result.other).toBe(`${plain}\n${cri('F', '')}`)
    expect(result.counts).toMatchObject({ events: 2, other: 1, empty: 1 })
  })

  it('joins parts cut inside a character, those of stdout and stderr apart', () => {
    const out = criParts(event(1, 60_000))
    const err = criParts(JSON.stringify({ level: 'info', msg: event(2, 60_000) }), 'stderr')
    const mixed = [...out.slice(0, 2), ...err.slice(0, 1), ...out.slice(2), ...err.slice(1)]
    const result = read(Buffer.concat(mixed))
    expect(result.events).toEqual([newId(1), newId(2)])
    expect(result.other).toBe('')
  })

  it('joins very small parts', () => {
    expect(read(Buffer.concat(criParts(event(1), 'stdout', 10))).events).toEqual([newId(1)])
  })

  it('takes an ordinary line that only looks similar as it is', () => {
    const lines = [
      '2026-11-22T09:34:47Z stdout',
      '2026-11-22 stdout F',
      '12 stdout F x',
      '2026-11-22T09:34:47Z stdin F x',
    ]
    expect(read(lines.join('\n')).other).toBe(lines.join('\n'))
  })

  it('finds the event after a part that was never completed', () => {
    const half = criParts(event(1, 40_000))[0]!
    const result = read(Buffer.concat([half, Buffer.from(`${cri('F', event(2))}\n`)]))
    expect(result.events).toEqual([newId(2)])
  })

  it('reads Kubernetes lines in Docker records', () => {
    const parts = criParts(event(1, 40_000)).map((part) => docker(part.toString('latin1')))
    expect(parts.length).toBeGreaterThan(1)
    expect(read([...parts, docker(`${cri('F', event(2))}\n`)].join('\n')).events).toContain(newId(2))
  })
})

describe('LineReader on captured streams', () => {
  const ids = (lines: readonly string[]): string[] =>
    lines.map((line) => (JSON.parse(line) as { id: string }).id)

  it.each(['head/watchdog.ndjson', 'head/contention.ndjson', 'v0.0.5/contention.ndjson'])(
    'finds all of %s',
    (name) => {
      expect(read(streamBytes(name)).events).toEqual(ids(streamLines(name)))
    },
  )

  it.each(['head/watchdog.ndjson', 'head/storage-fault.ndjson'])(
    'finds all of %s, wrapped and split',
    (name) => {
      const lines = streamLines(name)
      const wrapped = lines.flatMap((line, index) => {
        const kind = index % 4
        if (kind === 0) return dockerParts(line, 'stdout', 200)
        if (kind === 1) return criParts(line, 'stderr', 300).map((part) => part.toString('utf8').trimEnd())
        if (kind === 2) return dockerParts(JSON.stringify({ level: 'info', ts: 1, msg: line }), 'stdout', 500)
        return [line]
      })
      const result = read(wrapped.join('\n'))
      expect(result.events).toEqual(ids(lines))
      expect(result.other).toBe('')
    },
  )
})

describe('several events on one line', () => {
  it('are all told, as where a line end was lost or two processes wrote at once', () => {
    const { events, counts, other } = read(`${event(1)}${event(2)} and ${event(3)}\n${event(4)}\n`)
    expect(events).toEqual([1, 2, 3, 4].map(newId))
    expect(counts).toMatchObject({ lines: 2, events: 4, broken: 0, further: 2 })
    expect(other).toBe('')
  })

  it('are told as far as they are whole, and the line is passed on', () => {
    const line = `${event(1)}${event(2).slice(0, -20)}\n`
    const { events, broken, other, counts } = read(line)
    expect(events).toEqual([newId(1)])
    expect(broken).toHaveLength(1)
    expect(other).toBe(Buffer.from(line).toString('latin1'))
    expect(counts).toMatchObject({ lines: 1, events: 1, broken: 1, further: 1 })
  })

  it('are counted beside their line, also where a runtime had split it', () => {
    const part = (of: number) => `2026-11-22T09:34:47.2Z stderr P ${event(of)}\n`
    const { events, counts } = read(part(1) + part(2))
    expect(events).toHaveLength(2)
    expect(counts).toMatchObject({ lines: 2, events: 2, joined: 1, further: 1 })
  })

  it('are read in time, however many there are', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => event(index)).join('')
    const { events } = read(`${many}\n`, 16 * 1024 * 1024)
    expect(events).toHaveLength(5_000)
  })
})
