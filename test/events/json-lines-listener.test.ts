import { PassThrough, Writable } from 'node:stream'
import { diag } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Action, Event, eventFromJson, JsonLinesListener, type LineStream } from '../../src/events/index.js'
import { onDiagError } from '../support/diag.js'

let reports: unknown[][] = []

beforeEach(() => {
  reports = []
  onDiagError((...report) => void reports.push(report))
})
afterEach(() => {
  diag.disable()
})

describe('JsonLinesListener', () => {
  it('writes each publication as one line', () => {
    const chunks: string[] = []
    const listener = new JsonLinesListener({ write: (chunk) => chunks.push(chunk) })
    const event = new Event('order\n42').addAction(new Action('Begin').addPayload('text', 'a\nb'))
    event.publish(undefined, listener)
    event.addActionByName('Finish').publish(undefined, listener)
    expect(chunks.map((chunk) => [chunk.indexOf('\n'), chunk.at(-1)])).toEqual(
      chunks.map((chunk) => [chunk.length - 1, '\n']),
    )
    expect(chunks.map((chunk) => eventFromJson(chunk).actions.length)).toEqual([1, 2])
    expect([listener.written, listener.dropped]).toEqual([2, 0])
  })

  it('works with a stream of Node', async () => {
    const stream = new PassThrough()
    new Event('order-42').publish(undefined, new JsonLinesListener(stream))
    stream.end()
    expect(eventFromJson(Buffer.concat(await stream.toArray()).toString()).lockId).toBe('order-42')
  })

  it('holds no more than its limit in a stream that does not pass on', () => {
    const stream = new PassThrough({ highWaterMark: 1 })
    const listener = new JsonLinesListener(stream, { limit: 2_000 })
    for (let count = 0; count < 100; count++) listener.on(undefined, new Event('order-42'))
    const line = new Event('order-42').toJson().length + 200
    expect(stream.writableLength).toBeLessThanOrEqual(2_000 + line)
    expect(listener.written).toBeGreaterThan(2)
    expect(listener.dropped).toBe(100 - listener.written)
    stream.resume()
    stream.read()
    const { dropped } = listener
    listener.on(undefined, new Event('order-42'))
    return new Promise<void>((resolve) => {
      setImmediate(() => {
        listener.on(undefined, new Event('order-42'))
        expect(listener.dropped - dropped).toBeLessThanOrEqual(1)
        resolve()
      })
    })
  })

  it('counts and reports what a stream that throws does not take', () => {
    const listener = new JsonLinesListener({
      write: () => {
        throw new Error('broken')
      },
    })
    for (let count = 0; count < 3; count++) expect(() => listener.on(undefined, new Event('l'))).not.toThrow()
    expect([listener.written, listener.dropped]).toEqual([0, 3])
    expect(reports).toEqual([
      ['storage-lock-otel: the stream of the listener "json-lines" failed', new Error('broken')],
    ])
  })

  it('takes the error of a stream, which would end the process, and drops what comes after', async () => {
    const stream = new Writable({
      write: (_chunk, _encoding, callback) => callback(new Error('EPIPE')),
    })
    const listener = new JsonLinesListener(stream, { name: 'pipe' })
    listener.on(undefined, new Event('l'))
    await new Promise((resolve) => setImmediate(resolve))
    listener.on(undefined, new Event('l'))
    expect(reports).toEqual([
      ['storage-lock-otel: the stream of the listener "pipe" failed', new Error('EPIPE')],
    ])
    expect([listener.written, listener.dropped]).toEqual([1, 1])
  })

  it('drops what comes after the end of the stream', () => {
    const stream = new PassThrough()
    const listener = new JsonLinesListener(stream)
    stream.end()
    listener.on(undefined, new Event('l'))
    expect([listener.written, listener.dropped]).toEqual([0, 1])
    expect(reports).toEqual([])
  })

  it.each<[string, unknown[], string]>([
    ['no stream', [undefined], 'JsonLinesListener: stream must have a write function'],
    ['a stream without write', [{}], 'JsonLinesListener: stream must have a write function'],
    [
      'a limit below 0',
      [{ write() {} }, { limit: -1 }],
      'JsonLinesListener: limit must be a number, 0 or more',
    ],
    [
      'a limit that is no number',
      [{ write() {} }, { limit: '5' }],
      'JsonLinesListener: limit must be a number, 0 or more',
    ],
    ['a name that is no string', [{ write() {} }, { name: 5 }], 'JsonLinesListener: name must be a string'],
  ])('refuses %s', (_name, parameters, message) => {
    expect(() => new JsonLinesListener(...(parameters as [LineStream]))).toThrow(new TypeError(message))
  })

  it('has a name that can be chosen', () => {
    expect(new JsonLinesListener({ write() {} }).name).toBe('json-lines')
    expect(new JsonLinesListener({ write() {} }, { name: 'stdout' }).name).toBe('stdout')
  })
})
