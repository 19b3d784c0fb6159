import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { PassThrough } from '../../src/output/pass-through.js'

/** A stream that takes each write only when it is told to. */
function slowStream(): { stream: Writable; taken: Buffer[]; take: () => void; fail: (code: string) => void } {
  const taken: Buffer[] = []
  let done: (error?: Error) => void = () => undefined
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, callback) => {
      done = (error) => {
        done = () => undefined
        if (error === undefined) taken.push(chunk)
        callback(error)
      }
    },
  })
  const fail = (code: string): void => done(Object.assign(new Error(code), { code }))
  return { stream, taken, take: () => done(), fail }
}

describe('PassThrough', () => {
  it('writes all bytes in order', async () => {
    const { stream, taken, take } = slowStream()
    const output = new PassThrough(stream, () => undefined)
    output.write(Buffer.from([255, 10]))
    output.write(Buffer.from('b\n'))
    expect(output.flush()).toBeUndefined()
    const ended = output.end()
    take()
    await new Promise((resolve) => setImmediate(resolve))
    take()
    await ended
    expect(Buffer.concat(taken)).toEqual(Buffer.from([255, 10, 98, 10]))
  })

  it('holds the reader while the stream takes no more', async () => {
    const { stream, take } = slowStream()
    const output = new PassThrough(stream, () => undefined)
    output.write(Buffer.alloc(2 * 1024 * 1024))
    const held = output.flush()
    expect(held).toBeInstanceOf(Promise)
    output.write(Buffer.from('x'))
    expect(output.flush()).toBe(held)
    take()
    await new Promise((resolve) => setImmediate(resolve))
    take()
    await held
  })

  it.each([
    ['EPIPE', 0],
    ['ENOSPC', 2],
  ])('lets the reader go on when the stream fails with %s, and counts what is lost', async (code, lost) => {
    const { stream, fail } = slowStream()
    const failures: string[] = []
    const output = new PassThrough(stream, (error) => failures.push(error.code ?? ''))
    output.write(Buffer.alloc(2 * 1024 * 1024))
    const held = output.flush()
    fail(code)
    await held
    output.write(Buffer.from('more'))
    expect(output.flush()).toBeUndefined()
    await output.end()
    expect(output.failed).toBe(true)
    expect(output.lost).toBe(lost)
    expect(failures).toEqual([code])
  })
})
