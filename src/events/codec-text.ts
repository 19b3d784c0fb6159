import { EventSyntaxError } from './event-syntax-error.js'

const ZERO = 48
const NINE = 57
const QUOTE = 34
const BACKSLASH = 92
const MINUS = 45
const DOT = 46
const UPPER_E = 69
const LOWER_E = 101

/** Integers of fewer digits than this are all exact in a `number`. */
const MANY_DIGITS = 16

/**
 * `JSON.parse`, but an integer that a `number` cannot hold exactly comes as a `bigint` with all its digits.
 *
 * @throws {EventSyntaxError} when the text is not JSON.
 */
export function parseJson(text: string): unknown {
  try {
    return mayHoldBigIntegers(text) ? parseWithBigIntegers(text) : JSON.parse(text)
  } catch (cause) {
    throw notJson(text, cause)
  }
}

function notJson(text: unknown, cause: unknown): EventSyntaxError {
  if (typeof text !== 'string') return new EventSyntaxError('', 'a JSON text', `a ${typeof text}`)
  if (text.trim() === '') return new EventSyntaxError('', 'a JSON object', 'an empty text', { cause })
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new EventSyntaxError('', 'a JSON object', `text that is not JSON (${reason})`, { cause })
}

/**
 * Whether 16 digits in a row begin where a number could. Looks at every 16th character only, since so long
 * a run cannot pass between two of them. May say yes for digits inside a string, never no for a number.
 */
function mayHoldBigIntegers(text: string): boolean {
  for (let at = MANY_DIGITS - 1; at < text.length; at += MANY_DIGITS) {
    if (!isDigit(text.charCodeAt(at))) continue
    // Of a long run at least the half on one side of this digit is there, too.
    if (!isDigit(text.charCodeAt(at - 8)) && !isDigit(text.charCodeAt(at + 8))) continue
    let start = at
    while (start > 0 && isDigit(text.charCodeAt(start - 1))) start--
    let end = at + 1
    while (isDigit(text.charCodeAt(end))) end++
    if (end - start >= MANY_DIGITS && canPrecedeNumber(text.charCodeAt(start - 1))) return true
    at = end - 1 - ((end - 1 - at) % MANY_DIGITS)
  }
  return false
}

function parseWithBigIntegers(text: string): unknown {
  const marker = unusedMarker(text)
  return JSON.parse(quoteBigIntegers(text, marker), (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(marker) ? BigInt(value.slice(marker.length)) : value,
  )
}

/** A prefix that no string of the text begins with. */
function unusedMarker(text: string): string {
  let marker = 'integer:'
  while (text.includes(marker)) marker = `~${marker}`
  return marker
}

/** The text with every integer that is not safe in quotes, behind the marker. */
function quoteBigIntegers(text: string, marker: string): string {
  let out = ''
  let copied = 0
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = endOfString(text, at)
    } else if (code === MINUS || isDigit(code)) {
      const end = endOfNumber(text, at)
      const token = text.slice(at, end)
      if (isBigInteger(token)) {
        out += `${text.slice(copied, at)}"${marker}${token}"`
        copied = end
      }
      at = end
    } else {
      at++
    }
  }
  return out + text.slice(copied)
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at + 1
    at += code === BACKSLASH ? 2 : 1
  }
  return at
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && isNumberPart(text.charCodeAt(at))) at++
  return at
}

/** A well-formed JSON integer beyond what a `number` holds; anything ill-formed is left for JSON.parse to refuse. */
function isBigInteger(token: string): boolean {
  return token.length >= MANY_DIGITS && /^-?[1-9]\d*$/.test(token) && !Number.isSafeInteger(Number(token))
}

function isNumberPart(code: number): boolean {
  return (
    isDigit(code) || code === DOT || code === LOWER_E || code === UPPER_E || code === MINUS || code === 43
  )
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE
}

/** Colon, comma, bracket, minus, white space, or the start of the text (NaN). */
function canPrecedeNumber(code: number): boolean {
  return !(code === QUOTE || code === DOT || (code >= 65 && code <= 90) || (code >= 97 && code <= 122))
}
