import { EventSyntaxError } from './event-syntax-error.js'

const ZERO = 48
const NINE = 57
const QUOTE = 34
const BACKSLASH = 92
const PLUS = 43
const MINUS = 45
const DOT = 46
const UPPER_E = 69
const LOWER_E = 101

/** Integers of fewer digits than this are all exact in a `number`. */
const MANY_DIGITS = 16

/** How deep a value is searched for integers; far below what would exhaust the stack. */
const DEEPEST = 100

/**
 * `JSON.parse`, with this library's error. Integers beyond 2^53 have lost digits: see {@link parseJsonExactly}.
 *
 * @throws {EventSyntaxError} when the text is not JSON.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw notJson(text, cause)
  }
}

/**
 * `JSON.parse`, but every integer that a `number` does not hold exactly comes as a `bigint` with all its
 * digits. Four times slower, so it is for texts where {@link holdsInexactInteger} found one.
 *
 * @throws {EventSyntaxError} when the text is not JSON.
 */
export function parseJsonExactly(text: string): unknown {
  const marker = unusedMarker(text)
  try {
    return JSON.parse(quoteBigIntegers(text, marker), (_key, value: unknown) =>
      typeof value === 'string' && value.startsWith(marker) ? BigInt(value.slice(marker.length)) : value,
    )
  } catch {
    // Of a text that is not JSON, or too deep for a reviver, the plain reading says more.
    return parseJson(text)
  }
}

/** Whether a value that JSON.parse made has, anywhere in it, an integer too big to be exact. */
export function holdsInexactInteger(value: unknown, depth = 0): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value)
  if (typeof value !== 'object' || value === null || depth === DEEPEST) return false
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      if (holdsInexactInteger(value[index], depth + 1)) return true
    }
    return false
  }
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key]
    // Most fields are strings: they are not worth a call.
    if (typeof field !== 'string' && holdsInexactInteger(field, depth + 1)) return true
  }
  return false
}

function notJson(text: unknown, cause: unknown): EventSyntaxError {
  if (typeof text !== 'string') return new EventSyntaxError('', 'a JSON text', `a ${typeof text}`)
  if (text.trim() === '') return new EventSyntaxError('', 'a JSON object', 'an empty text', { cause })
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new EventSyntaxError('', 'a JSON object', `text that is not JSON (${reason})`, { cause })
}

/** A prefix that no string of the text begins with. */
function unusedMarker(text: string): string {
  let marker = 'integer:'
  while (text.includes(marker)) marker = `~${marker}`
  return marker
}

/** The text with every integer that a `number` does not hold in quotes, behind the marker. */
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
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at + 1
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && isNumberPart(text.charCodeAt(at))) at++
  return at
}

/** Whether a token is an integer in JSON's form; what is not is left as it is, for JSON.parse to refuse. */
function isBigInteger(token: string): boolean {
  return token.length >= MANY_DIGITS && /^-?[1-9]\d*$/.test(token) && !Number.isSafeInteger(Number(token))
}

function isNumberPart(code: number): boolean {
  return (
    isDigit(code) || code === DOT || code === LOWER_E || code === UPPER_E || code === MINUS || code === PLUS
  )
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE
}
