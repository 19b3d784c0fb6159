import type { HrTime } from '@opentelemetry/api'

const SECONDS_PER_DAY = 86_400

const ZERO = 48
const NINE = 57
const PLUS = 43
const MINUS = 45
const DOT = 46
const COLON = 58
const UPPER_T = 84
const UPPER_Z = 90

/** The first second of the year 0, and the last of 9999. */
const FIRST_SECOND = -62_167_219_200
const LAST_SECOND = 253_402_300_799

/** So far below zero that nothing it is added to, in a date, comes out above. */
const NOT_DIGITS = -1_000_000_000

/** What places of a fraction are looked at: those from the first digit on, nine of them. */
const FRACTION_START = 20
const FRACTION_END = FRACTION_START + 9

// The times of a stream nearly all share their date, so the last one read is kept with its seconds.
let cachedDate = 1970_01_01
let cachedDateSeconds = 0

/**
 * Reads an RFC 3339 time: `2026-11-22T09:34:47.141370937Z`, with or without a fraction of a second, in any
 * zone. The instant is kept, the zone is not. Digits of a fraction past the ninth are cut off.
 *
 * Counterpart of Go's `time.Time.UnmarshalJSON`, and as strict: no lower case, no second 60, no 30 February.
 *
 * @returns the time, or `undefined` when the text is not such a time.
 *
 * @example
 * parseRfc3339('1970-01-01T08:00:01.5+08:00') // [1, 500_000_000]
 * parseRfc3339('yesterday') // undefined
 */
export function parseRfc3339(text: string): HrTime | undefined {
  // Character by character: a regular expression or a Date would cost more than all the rest of an event.
  if (text.length < 20) return undefined
  const day = dateSeconds(text)
  const hour = twoDigits(text, 11)
  const minute = twoDigits(text, 14)
  const second = twoDigits(text, 17)
  if (
    day === undefined ||
    hour < 0 ||
    hour > 23 ||
    minute < 0 ||
    minute > 59 ||
    second < 0 ||
    second > 59 ||
    text.charCodeAt(10) !== UPPER_T ||
    text.charCodeAt(13) !== COLON ||
    text.charCodeAt(16) !== COLON
  ) {
    return undefined
  }
  const seconds = day + hour * 3600 + minute * 60 + second
  let at = 19
  let nanoseconds = 0
  if (text.charCodeAt(at) === DOT) {
    for (at = FRACTION_START; at < FRACTION_END && isDigit(text, at); at++) {
      nanoseconds = nanoseconds * 10 + text.charCodeAt(at) - ZERO
    }
    if (at === FRACTION_START) return undefined
    for (let place = at; place < FRACTION_END; place++) nanoseconds *= 10
    while (isDigit(text, at)) at++
  }
  if (text.charCodeAt(at) === UPPER_Z) return at + 1 === text.length ? [seconds, nanoseconds] : undefined
  const offset = zoneOffset(text, at)
  return offset === undefined ? undefined : [seconds - offset, nanoseconds]
}

/** The seconds of the date that begins the text. */
function dateSeconds(text: string): number | undefined {
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  const date = year * 10_000 + month * 100 + day
  if (text.charCodeAt(4) !== MINUS || text.charCodeAt(7) !== MINUS) return undefined
  if (date === cachedDate) return cachedDateSeconds
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)))
    return undefined
  cachedDate = date
  cachedDateSeconds = daysFromCivil(year, month, day) * SECONDS_PER_DAY
  return cachedDateSeconds
}

/** The seconds of a zone such as `+08:00` that ends the text from `at` on. */
function zoneOffset(text: string, at: number): number | undefined {
  const sign = text.charCodeAt(at)
  if (sign !== PLUS && sign !== MINUS) return undefined
  if (text.length !== at + 6 || text.charCodeAt(at + 3) !== COLON) return undefined
  const hours = twoDigits(text, at + 1)
  const minutes = twoDigits(text, at + 4)
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return undefined
  const seconds = hours * 3600 + minutes * 60
  return sign === PLUS ? seconds : -seconds
}

/** Two decimal digits as a number; `NOT_DIGITS` when they are anything else. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO
  const ones = text.charCodeAt(at + 1) - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NOT_DIGITS
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= ZERO && code <= NINE
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar, as Go's. */
function daysFromCivil(year: number, month: number, day: number): number {
  // Years that begin in March put the leap day last.
  const y = month > 2 ? year : year - 1
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468
}

/**
 * Writes a time as Go's JSON does: in UTC, with as many digits of the fraction as it needs, at most 9. A pair
 * that is not in order, such as one with more nanoseconds than a second has, is set right first.
 *
 * @throws {RangeError} when the time is not a number of seconds and nanoseconds in the years 0 to 9999.
 *
 * @example
 * formatRfc3339([1, 500_000_000]) // '1970-01-01T00:00:01.5Z'
 */
export function formatRfc3339(time: HrTime): string {
  let [seconds, nanoseconds] = time
  if (
    !(nanoseconds >= 0 && nanoseconds < 1e9 && Number.isInteger(nanoseconds) && Number.isInteger(seconds))
  ) {
    const whole = Math.floor(seconds)
    nanoseconds = Math.floor(nanoseconds + (seconds - whole) * 1e9)
    const carried = Math.floor(nanoseconds / 1e9)
    seconds = whole + carried
    nanoseconds -= carried * 1e9
  }
  const whole = secondText(seconds)
  return nanoseconds === 0 ? `${whole}Z` : `${whole}.${fraction(nanoseconds)}Z`
}

// Times that are written one after another share a few seconds: that of the moment, the begin of a hold, the end
// of its lease. Each second has one place, at its lowest bits.
const PLACES = 64
const placedSeconds = new Float64Array(PLACES).fill(Number.NaN)
const placedTexts: string[] = new Array<string>(PLACES).fill('')

function secondText(seconds: number): string {
  const place = seconds & (PLACES - 1)
  if (placedSeconds[place] === seconds) return placedTexts[place] as string
  // False for NaN, too.
  if (!(seconds >= FIRST_SECOND && seconds <= LAST_SECOND)) {
    throw new RangeError('formatRfc3339: the time must be in the years 0 to 9999')
  }
  const text = new Date(seconds * 1000).toISOString().slice(0, 19)
  placedSeconds[place] = seconds
  placedTexts[place] = text
  return text
}

/** The digits of a fraction of a second, without the zeros at its end. */
function fraction(nanoseconds: number): string {
  let digits = nanoseconds
  let width = 9
  while (digits % 10 === 0) {
    digits /= 10
    width--
  }
  const text = String(digits)
  return text.length === width ? text : text.padStart(width, '0')
}
