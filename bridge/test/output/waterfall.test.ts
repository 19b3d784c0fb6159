import { describe, expect, it } from 'vitest'
import { type Terminal, widthOf } from '../../src/output/terminal.js'
import { drawTrace } from '../../src/output/waterfall.js'
import { spanOf } from './spans.js'

const terminal = (columns: number, changes: Partial<Terminal> = {}): Terminal => ({
  columns,
  colour: false,
  unicode: true,
  ...changes,
})

const trace = [
  spanOf({
    id: 'root',
    name: 'StorageLock.Lock',
    end: 1000,
    events: 2,
    attributes: {
      'storage_lock.lock.id': 'order-42',
      'storage_lock.owner.id': 'owner-1',
      'storage_lock.outcome': 'acquired',
      'storage_lock.contended': true,
      'storage_lock.storage.name': 'postgres',
    },
  }),
  spanOf({ id: 'try2', parent: 'root', name: 'StorageLock.Lock.Try', start: 500, end: 1000 }),
  spanOf({ id: 'try1', parent: 'root', name: 'StorageLock.Lock.Try', start: 0, end: 250 }),
  spanOf({ id: 'get', parent: 'try2', name: 'Storage.Get', start: 500, end: 501 }),
]

describe('drawTrace', () => {
  it('draws a header and a row for each span, children under their parents in order of time', () => {
    expect(drawTrace(trace, { terminal: terminal(80) })).toBe(
      [
        'StorageLock.Lock  order-42  owner-1  acquired (contended)  1.00 ms',
        '2025-11-22T10:16:15.000Z  postgres  4 spans  2 events',
        `  trace ${'a'.repeat(32)}`,
        '  StorageLock.Lock         ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━   1.00 ms  2 ev',
        '    StorageLock.Lock.Try   ━━━━━━━━                           250 µs',
        '    StorageLock.Lock.Try                  ━━━━━━━━━━━━━━━━    500 µs',
        '      Storage.Get                         ╸                  1.00 µs',
        '',
      ].join('\n'),
    )
  })

  it.each([40, 60, 80, 120, 200])('stays within %i columns', (columns) => {
    const deep = Array.from({ length: 30 }, (_, index) =>
      spanOf({
        id: `s${index}`,
        ...(index === 0 ? {} : { parent: `s${index - 1}` }),
        name: 'Storage.UpdateWithVersion.Success.日本語',
        start: index,
        end: 100 - index,
        failed: index === 29,
        attributes: { 'storage_lock.lock.id': '注文'.repeat(60), 'error.type': 'a-very-long-error-type' },
      }),
    )
    for (const shown of [trace, deep]) {
      for (const line of drawTrace(shown, { terminal: terminal(columns) }).split('\n')) {
        expect(widthOf(line)).toBeLessThanOrEqual(columns)
      }
    }
  })

  it('shows what failed, with and without colour', () => {
    const failed = [
      spanOf({ id: 'r', name: 'StorageLock.Lock', failed: true, attributes: { 'error.type': 'timeout' } }),
    ]
    const plain = drawTrace(failed, { terminal: terminal(100) })
    expect(plain).toContain('! timeout')
    expect(plain).not.toContain('\u001b')
    expect(drawTrace(failed, { terminal: terminal(100, { colour: true }) })).toContain('\u001b[31m! timeout')
    expect(drawTrace(failed, { terminal: terminal(40) })).toContain('!')
  })

  it('draws in ASCII where nothing else can be shown', () => {
    const text = drawTrace([...trace, spanOf({ id: 'x', parent: 'root', name: 'ü' })], {
      terminal: terminal(60, { unicode: false }),
    })
    expect(text).toMatch(/^[\n\x20-\x7e]*$/)
    expect(text).toContain('====')
  })

  it('lets nothing from outside reach the terminal', () => {
    const evil = '\u001b]0;owned\u0007\u001b[2J\r\n\u009b31m\u202eabc'
    const text = drawTrace(
      [
        spanOf({
          id: 'r',
          name: evil,
          failed: true,
          attributes: {
            'storage_lock.lock.id': evil,
            'storage_lock.owner.id': evil,
            'storage_lock.storage.name': evil,
            'storage_lock.outcome': evil,
            'error.type': evil,
          },
        }),
      ],
      { terminal: terminal(200) },
    )
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u)
    expect(text).toContain('\\x1b]0;owned')
    // Name, lock id and so on stay in their lines.
    expect(text.split('\n').length).toBeLessThanOrEqual(8)
  })

  it('folds the middle of a long trace', () => {
    const many = Array.from({ length: 251 }, (_, index) =>
      spanOf({ id: `s${index}`, ...(index === 0 ? {} : { parent: 's0' }), start: index }),
    )
    const lines = drawTrace(many, { terminal: terminal(80), maxRows: 30 }).split('\n')
    expect(lines.filter((line) => line.includes('Span.s'))).toHaveLength(31)
    expect(lines).toContain('  … 221 more spans')
    expect(lines.at(-2)).toContain('Span.s250')
  })

  it('draws spans whose parents are elsewhere, or in a circle', () => {
    const text = drawTrace(
      [
        spanOf({ id: 'late', parent: 'gone', name: 'WatchDog.Refresh' }),
        spanOf({ id: 'a', parent: 'b', name: 'One' }),
        spanOf({ id: 'b', parent: 'a', name: 'Two' }),
      ],
      { terminal: terminal(80), continued: true },
    )
    expect(text).toContain('WatchDog.Refresh (continued)')
    expect(text).toContain('One')
    expect(text).toContain('Two')
  })

  it('draws a very deep trace', () => {
    const deep = Array.from({ length: 20_000 }, (_, index) =>
      spanOf({ id: `s${index}`, ...(index === 0 ? {} : { parent: `s${index - 1}` }) }),
    )
    expect(drawTrace(deep, { terminal: terminal(80) })).toContain('19,960 more spans')
  })
})
