import { describe, expect, it } from 'vitest'
import { newLineCounts } from '../../src/input/line-reader.js'
import { formatBytes, formatSeconds } from '../../src/output/quantity.js'
import { drawReport, droppedBy, type Report, reportJson, sumOf } from '../../src/output/report.js'
import { drawProgress } from '../../src/output/status-line.js'
import { detectTerminal, fit, fitName, sanitize, type Terminal, widthOf } from '../../src/output/terminal.js'
import { drawTimings } from '../../src/output/timing-table.js'

const wide: Terminal = { columns: 80, colour: false, unicode: true }
const narrow: Terminal = { columns: 40, colour: false, unicode: true }

describe('detectTerminal', () => {
  const utf8 = { LANG: 'C.UTF-8' }

  it('takes the width of a terminal, within bounds, or COLUMNS', () => {
    expect(detectTerminal({ isTTY: true, columns: 132 }, {}).columns).toBe(132)
    expect(detectTerminal({ isTTY: true, columns: 10 }, {}).columns).toBe(40)
    expect(detectTerminal({ isTTY: true, columns: 9999 }, {}).columns).toBe(240)
    expect(detectTerminal({}, { COLUMNS: '100' }).columns).toBe(100)
    expect(detectTerminal({}, { COLUMNS: 'x' }).columns).toBe(80)
  })

  it('uses colour on terminals only, and as NO_COLOR and FORCE_COLOR say', () => {
    const colour = (isTTY: boolean, env: Record<string, string>): boolean =>
      detectTerminal({ isTTY }, env).colour
    expect(colour(true, {})).toBe(true)
    expect(colour(false, {})).toBe(false)
    expect(colour(true, { NO_COLOR: '1' })).toBe(false)
    expect(colour(true, { NO_COLOR: '' })).toBe(true)
    expect(colour(true, { TERM: 'dumb' })).toBe(false)
    expect(colour(false, { FORCE_COLOR: '1' })).toBe(true)
    expect(colour(true, { FORCE_COLOR: '0' })).toBe(false)
  })

  it('draws beyond ASCII in a UTF-8 locale only', () => {
    expect(detectTerminal({}, utf8).unicode).toBe(true)
    expect(detectTerminal({}, { LANG: 'en_US.utf8' }).unicode).toBe(true)
    expect(detectTerminal({}, { LC_ALL: 'C', LANG: 'C.UTF-8' }).unicode).toBe(false)
    expect(detectTerminal({}, {}).unicode).toBe(false)
  })
})

describe('texts', () => {
  it('are cut by columns, not by characters', () => {
    expect(fit('abcdef', 4, wide)).toBe('abc…')
    expect(fit('日本語', 4, wide)).toBe('日…')
    expect(fit('👩‍👩‍👧abc', 3, wide)).toBe('👩‍👩‍👧…')
    expect(fit('abc', 3, wide)).toBe('abc')
    expect(fit('abc', 0, wide)).toBe('')
    expect(fitName('StorageLock.Lock.Begin.Success', 12, wide)).toBe('…gin.Success')
  })

  it('from outside are made safe', () => {
    expect(sanitize('a\u001b[31mb\n\u0085\u2028\ud800')).toBe('a\\x1b[31mb\\x0a\\x85\\u2028\\ud800')
    expect(sanitize('ü日', { ...wide, unicode: false })).toBe('??')
    expect(sanitize('ü日 order-42')).toBe('ü日 order-42')
  })

  it('tell durations with three digits, in at most eight columns', () => {
    const seconds = [
      0, 42e-9, 8.12e-7, 1.234e-6, 4.56e-4, 9.9996e-4, 0.0123, 0.99999, 1.5, 59.96, 99.94, 200, 5999, 7980,
      90_000,
    ]
    const texts = seconds.map((each) => formatSeconds(each))
    expect(texts).toEqual([
      '0 s',
      '42.0 ns',
      '812 ns',
      '1.23 µs',
      '456 µs',
      '1.00 ms',
      '12.3 ms',
      '1.00 s',
      '1.50 s',
      '60.0 s',
      '99.9 s',
      '3m 20s',
      '99m 59s',
      '2h 13m',
      '25h 0m',
    ])
    for (const text of texts) expect(widthOf(text)).toBeLessThanOrEqual(8)
    expect(formatSeconds(1e-6, false)).toBe('1.00 us')
  })

  it('tell sizes', () => {
    expect([0, 999, 1000, 23_800, 1_760_000, 9_999_999_999].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.00 kB',
      '23.8 kB',
      '1.76 MB',
      '10.0 GB',
    ])
  })

  it('tell how far the reading is', () => {
    const progress = { file: 'a.ndjson', lines: 12_345, bytes: 5_000_000, done: 5_000_000, total: 20_000_000 }
    expect(drawProgress(progress, 2, wide)).toBe('a.ndjson  25 %  12,345 lines  2.50 MB/s  6 s left')
    expect(drawProgress({ ...progress, total: undefined }, 2, wide)).toBe('a.ndjson  12,345 lines  2.50 MB/s')
    expect(widthOf(drawProgress(progress, 2, narrow))).toBeLessThan(40)
  })
})

describe('drawTimings', () => {
  const timing = {
    name: 'storage_lock.acquire.duration',
    unit: 's',
    labels: { 'storage_lock.contended': 'true', 'storage_lock.outcome': 'acquired' },
    count: 1234,
    p50: 0.001,
    p90: 0.01,
    p99: 0.1,
    max: 1.5,
  }
  const attempts = {
    ...timing,
    name: 'storage_lock.acquire.attempts',
    unit: '{attempt}',
    labels: {},
    p50: 1,
    p90: 2.01,
    p99: 29.9,
    max: 1000,
  }

  it('has a row for each instrument and its labels, in the order people ask', () => {
    expect(drawTimings([attempts, timing], wide)).toBe(
      [
        'lock timing                   count      p50      p90      p99      max',
        'acquire acquired contended    1,234  1.00 ms  10.0 ms   100 ms   1.50 s',
        'acquire.attempts              1,234        1        2       30    1,000',
        '',
      ].join('\n'),
    )
  })

  it('says a word once that is outcome and error type alike', () => {
    const labels = { 'error.type': 'timeout', 'storage_lock.outcome': 'timeout' }
    expect(drawTimings([{ ...timing, labels }], wide)).toMatch(/^acquire timeout +1,234/m)
  })

  it.each([40, 60, 80, 200])('stays within %i columns', (columns) => {
    const long = { ...timing, labels: { 'storage_lock.outcome': 'x'.repeat(200), 'error.type': '日本語' } }
    for (const line of drawTimings([timing, long, attempts], { ...wide, columns }).split('\n')) {
      expect(widthOf(line)).toBeLessThanOrEqual(columns)
    }
  })

  it('is empty without values', () => {
    expect(drawTimings([], wide)).toBe('')
    expect(drawTimings([{ ...timing, count: 0 }], wide)).toBe('')
  })
})

describe('the closing report', () => {
  const report: Report = {
    seconds: 1.5,
    lines: { ...newLineCounts(), lines: 12, bytes: 1234, events: 8, empty: 1, broken: 1, other: 2 },
    trees: 2,
    spans: { made: 20, delivered: 15, undelivered: 5 },
    metrics: { delivered: false, failure: 'HTTP 503' },
    timings: [],
    dropped: { openTrees: 3 },
    rejected: 1,
    linesLost: 2,
    unreadable: ['gone.log'],
    signal: 'SIGTERM',
    exitCode: 3,
  }

  it('tells people everything that was read, made and lost', () => {
    expect(drawReport(report, wide, true)).toBe(
      [
        '12 lines (1.23 kB) in 1.50 s: 8 events, 1 empty, 1 broken, 2 other',
        '2 trees, 20 spans: 15 delivered, 5 not delivered',
        'the latest metrics were not delivered: HTTP 503',
        'bounds hit: openTrees 3',
        '1 event rejected',
        '2 lines could not be written to stdout',
        'ended by SIGTERM',
        '',
      ].join('\n'),
    )
  })

  it('is one line of JSON for programs', () => {
    const text = reportJson(report)
    expect(text.trimEnd()).not.toContain('\n')
    expect(JSON.parse(text)).toMatchObject({
      lines: { lines: 12, events: 8 },
      spans: { made: 20, delivered: 15, undelivered: 5 },
      dropped: { openTrees: 3 },
      exitCode: 3,
    })
  })

  it('takes its counts from the totals of the instruments', () => {
    const totals = [
      { name: 'storage_lock.listener.dropped', labels: { 'storage_lock.limit': 'openTrees' }, value: 3 },
      { name: 'storage_lock.listener.dropped', labels: { 'storage_lock.limit': 'holds' }, value: 0 },
      { name: 'storage_lock.listener.events', labels: { 'storage_lock.result': 'rejected' }, value: 2 },
      { name: 'storage_lock.listener.events', labels: { 'storage_lock.result': 'accepted' }, value: 9 },
    ]
    expect(droppedBy(totals)).toEqual({ openTrees: 3 })
    expect(sumOf(totals, 'storage_lock.listener.events', { 'storage_lock.result': 'rejected' })).toBe(2)
    expect(sumOf(totals, 'storage_lock.listener.events')).toBe(11)
  })
})
