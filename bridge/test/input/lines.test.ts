import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineSplitter, type RawLine } from '../../src/input/lines.js'

interface Found {
  lines: RawLine[]
  pieces: { bytes: Buffer; number: number; first: boolean }[]
  all: Buffer[]
}

function split(chunks: readonly Buffer[], maxLineBytes?: number): Found {
  const found: Found = { lines: [], pieces: [], all: [] }
  const splitter = new LineSplitter(
    {
      line: (line) => {
        found.lines.push(line)
        found.all.push(line.bytes)
      },
      overlong: (bytes, number, first) => {
        found.pieces.push({ bytes, number, first })
        found.all.push(bytes)
      },
    },
    maxLineBytes === undefined ? {} : { maxLineBytes },
  )
  for (const chunk of chunks) splitter.push(chunk)
  splitter.end()
  return found
}

const texts = (found: Found): string[] => found.lines.map((line) => line.bytes.toString('latin1'))

describe('LineSplitter', () => {
  it('keeps each line with its line end, and a last line without one', () => {
    const found = split([Buffer.from('a\nb\r\n\nlast')])
    expect(texts(found)).toEqual(['a\n', 'b\r\n', '\n', 'last'])
    expect(found.lines.map((line) => [line.number, line.offset])).toEqual([
      [1, 0],
      [2, 2],
      [3, 5],
      [4, 6],
    ])
  })

  it('joins a line that comes in many chunks', () => {
    expect(texts(split(['ab', 'c', '', 'd\ne', '\n'].map((text) => Buffer.from(text))))).toEqual([
      'abcd\n',
      'e\n',
    ])
  })

  it('reads a line of 10 MB', () => {
    const chunks = Array.from({ length: 160 }, () => Buffer.alloc(65_536, 120))
    const found = split([...chunks, Buffer.from('\nnext\n')])
    expect(found.lines.map((line) => line.bytes.length)).toEqual([160 * 65_536 + 1, 5])
  })

  it('hands on a line beyond the bound in pieces, and goes on with the next', () => {
    const found = split(
      ['aaaa', 'bbbb', 'cccc\nshort\n', 'dddddddddd\nend'].map((text) => Buffer.from(text)),
      6,
    )
    expect(texts(found)).toEqual(['short\n', 'end'])
    expect(found.lines.map((line) => line.number)).toEqual([2, 4])
    expect(found.pieces.map((piece) => [piece.bytes.toString(), piece.number, piece.first])).toEqual([
      ['aaaa', 1, true],
      ['bbbb', 1, false],
      ['cccc\n', 1, false],
      ['dddddddddd\n', 3, true],
    ])
  })

  it('loses and changes no byte, however the input is cut', () => {
    const bytes = fc
      .uint8Array({ maxLength: 200 })
      .map((array) => array.map((byte) => (byte < 60 ? 10 : byte)))
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), (arrays, max) => {
        const chunks = arrays.map((array) => Buffer.from(array))
        const whole = Buffer.concat(chunks)
        const found = split(chunks, max)
        expect(Buffer.concat(found.all).equals(whole)).toBe(true)
        for (const line of found.lines) {
          expect(whole.subarray(line.offset, line.offset + line.bytes.length).equals(line.bytes)).toBe(true)
        }
      }),
    )
  })

  it('forgets a line that has begun when it is told to restart', () => {
    const lines: RawLine[] = []
    const splitter = new LineSplitter({ line: (line) => lines.push(line), overlong: () => undefined })
    splitter.push(Buffer.from('old\nbegun'))
    splitter.restart()
    splitter.push(Buffer.from('new\n'))
    expect(lines.map((line) => [line.bytes.toString(), line.number, line.offset])).toEqual([
      ['old\n', 1, 0],
      ['new\n', 1, 0],
    ])
  })
})
