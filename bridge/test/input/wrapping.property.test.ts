import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LineReader, newLineCounts } from '../../src/input/line-reader.js'
import { LineSplitter } from '../../src/input/lines.js'
import { eventLine } from '../support.js'

/** One line of a service, and how it was written down. */
interface Written {
  readonly id: string | undefined
  readonly parts: readonly Buffer[]
}

const bytes = (text: string): Buffer => Buffer.from(text)
const zap = (text: string): string => JSON.stringify({ level: 'info', ts: 1.5, caller: 'a.go:1', msg: text })
const console_ = (text: string): string => `2026-11-22T10:16:15.475Z\tINFO\ta.go:1\t${text}`

function cri(line: Buffer, size: number, stream: string): Buffer[] {
  const parts: Buffer[] = []
  for (let at = 0; at === 0 || at < line.length; at += size) {
    const tag = at + size >= line.length ? 'F' : 'P'
    parts.push(
      Buffer.concat([bytes(`2026-11-22T09:34:47.2Z ${stream} ${tag} `), line.subarray(at, at + size)]),
    )
  }
  return parts
}

function docker(line: Buffer, size: number, stream: string): Buffer[] {
  // Code points: Docker cuts between characters as UTF-8 has them.
  const characters = Array.from(`${line.toString('utf8')}\n`)
  const parts: Buffer[] = []
  for (let at = 0; at < characters.length; at += size) {
    parts.push(bytes(JSON.stringify({ log: characters.slice(at, at + size).join(''), stream, time: 'x' })))
  }
  return parts
}

const text = fc.string({ unit: 'grapheme', maxLength: 60 }).map((each) => each.replaceAll(/[\n\r]/g, ' '))

/** Ordinary lines: texts, records, decoys, and bytes that are no text. */
const ordinary: fc.Arbitrary<Buffer> = fc.oneof(
  text.map(bytes),
  fc.json({ maxDepth: 2 }).map(bytes),
  text.map((each) => bytes(JSON.stringify({ level: 'info', json: '{"id":"not an event"}', msg: each }))),
  text.map((each) => bytes(`{"id":${JSON.stringify(each)},"name":"something else"}`)),
  fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array.filter((byte) => byte !== 10))),
)

const written: fc.Arbitrary<Written> = fc
  .record({
    event: fc.option(fc.integer({ min: 1, max: 0xffffff }), { nil: undefined, freq: 3 }),
    lockId: text,
    other: ordinary,
    record: fc.constantFrom((each: string) => each, zap, console_),
    wrapper: fc.constantFrom('none', 'cri', 'docker'),
    size: fc.integer({ min: 1, max: 700 }),
  })
  .map(({ event, lockId, other, record, wrapper, size }) => {
    const id = event === undefined ? undefined : `storage-lock-event-${event.toString(16).padStart(32, '0')}`
    const line = id === undefined ? other : bytes(record(eventLine({ id, lock_id: lockId })))
    // A runtime writes no JSON with bytes that are no text; Docker replaces them before.
    if (wrapper === 'docker') return { id, parts: docker(line, Math.max(size, 20), 'stdout') }
    return { id, parts: wrapper === 'cri' ? cri(line, size, 'stderr') : [line] }
  })

it('finds every event and passes everything else on, however lines are wrapped, split, mixed and cut', () => {
  fc.assert(
    fc.property(
      fc.array(written, { maxLength: 12 }),
      fc.integer({ min: 1, max: 300 }),
      fc.boolean(),
      (lines, chunkSize, endsWithNewline) => {
        const whole = Buffer.concat(
          lines.flatMap(({ parts }) => parts.flatMap((part) => [part, bytes('\n')])),
        )
        const input = endsWithNewline ? whole : whole.subarray(0, -1)
        const others = Buffer.concat(
          lines
            .filter(({ id }) => id === undefined)
            .flatMap(({ parts }) => parts.flatMap((part) => [part, bytes('\n')])),
        )

        const ids: string[] = []
        const passed: Buffer[] = []
        const counts = newLineCounts()
        const reader = new LineReader(
          'x',
          {
            event: (event) => ids.push(event.id),
            other: (piece) => passed.push(piece),
            broken: (reason) => {
              throw new Error(reason)
            },
          },
          counts,
          1_000_000,
        )
        const splitter = new LineSplitter(reader)
        for (let at = 0; at < input.length; at += chunkSize) splitter.push(input.subarray(at, at + chunkSize))
        splitter.end()
        reader.end()

        expect(ids).toEqual(lines.flatMap(({ id }) => id ?? []))
        const pass = Buffer.concat(passed)
        // A last line without a line end is passed on without one.
        const isLastOther = lines.at(-1)?.id === undefined
        const expected = endsWithNewline || !isLastOther ? others : others.subarray(0, -1)
        expect(pass.toString('latin1')).toBe(expected.toString('latin1'))
        const { events, empty, broken, other, overlong, joined, further } = counts
        expect(events + empty + broken + other + overlong + joined).toBe(counts.lines + further)
        expect(counts.bytes).toBe(input.length)
      },
    ),
    { numRuns: 300 },
  )
})

it('survives any bytes', () => {
  const nasty = fc.oneof(
    fc.uint8Array({ maxLength: 100 }).map((array) => Buffer.from(array)),
    fc
      .tuple(fc.nat({ max: 700 }), fc.nat({ max: 700 }), fc.uint8Array({ maxLength: 5 }))
      .map(([from, to, put]) => {
        const line = bytes(zap(eventLine()))
        return Buffer.concat([line.subarray(0, from), Buffer.from(put), line.subarray(to)])
      }),
    fc
      .constantFrom(
        '{"id":"',
        '{"log":"',
        '","stream":"stdout"}',
        '2026-11-22T09:34:47Z stdout P ',
        '"root_id":',
        '\n',
      )
      .map(bytes),
  )
  fc.assert(
    fc.property(fc.array(nasty, { maxLength: 30 }), (pieces) => {
      const input = Buffer.concat(pieces)
      const passed: Buffer[] = []
      const counts = newLineCounts()
      const reader = new LineReader(
        'x',
        { event: () => undefined, other: (piece) => passed.push(piece), broken: () => undefined },
        counts,
        500,
      )
      const splitter = new LineSplitter(reader, { maxLineBytes: 500 })
      splitter.push(input)
      splitter.end()
      reader.end()
      if (counts.events === 0) {
        // Parts of split lines may be passed on after lines that came between; none is lost.
        expect(Buffer.concat(passed).length).toBe(input.length)
      }
      const { events, empty, broken, other, overlong, joined, further } = counts
      expect(events + empty + broken + other + overlong + joined).toBe(counts.lines + further)
    }),
    { numRuns: 300 },
  )
})
