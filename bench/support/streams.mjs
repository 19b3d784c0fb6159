import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

const FIXTURES = new URL('../../test/fixtures/streams/head/', import.meta.url)

/** The lines of a captured stream. */
export function streamLines(name) {
  const bytes = readFileSync(new URL(name, FIXTURES))
  const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  return text.split('\n').filter((line) => line !== '')
}

/** The lines of some of a stream's trees, in the stream's order. */
export function linesOfTrees(lines, roots) {
  return lines.filter((line) => roots.has(rootOf(line)))
}

export function rootOf(line) {
  return JSON.parse(line).root_id
}

const IDS = /(storage-lock-(?:event|watch-dog)[a-z-]*-)([0-9a-f]{32})/g
const TIMES = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g

/** The 32 digits of an id in the copy `serial`: new in the trace id and in the span id. */
export function digitsOf(digits, serial) {
  const mark = (serial + 1).toString(16).padStart(8, '0')
  return mark + digits.slice(8, 24) + mark
}

/** The copy `serial` of a text of lines: new event and watch dog ids, all times later by `seconds`. */
export function copyText(text, serial, seconds) {
  return text
    .replace(IDS, (_, prefix, digits) => prefix + digitsOf(digits, serial))
    .replace(TIMES, (time) => later(time, seconds))
}

const shifted = new Map()
let shiftedBy = 0

function later(time, seconds) {
  if (seconds !== shiftedBy) {
    shifted.clear()
    shiftedBy = seconds
  }
  let result = shifted.get(time)
  if (result === undefined) {
    // Go's zero time stays what it is.
    const ms = time.startsWith('0001-') ? Number.NaN : Date.parse(`${time}Z`)
    result = Number.isNaN(ms) ? time : new Date(ms + seconds * 1000).toISOString().slice(0, 19)
    shifted.set(time, result)
  }
  return result
}
