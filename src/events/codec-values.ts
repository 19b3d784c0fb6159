import { isErrorObject, messageOf } from './error-message.js'

/** How deep a value may be nested; far below what would exhaust the stack. */
const DEEPEST = 500

const CIRCULAR = '"[Circular]"'
const TOO_DEEP = '"[Too deep]"'
const UNREADABLE = '"[Unreadable]"'

// Any character but those that stand for themselves: what is left are quote, backslash, controls, `<`, `>`,
// `&`, U+2028, U+2029 and surrogates.
const NEEDS_ESCAPE = /[^ !#-%'-;=?-[\]-\u2027\u202a-\ud7ff\ue000-\uffff]/
const GO_ESCAPES = /[<>&\u2028\u2029]/g

/** A string as JSON, escaped as Go's encoding/json does: `<`, `>`, `&`, U+2028 and U+2029 too. */
export function writeString(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return `"${text}"`
  return JSON.stringify(text).replace(GO_ESCAPES, goEscape)
}

function goEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/**
 * Any value as JSON, whatever it is; never throws.
 *
 * As JSON.stringify, except that:
 * - a bigint is its digits;
 * - an Error is its message;
 * - a value inside itself is `"[Circular]"`, one nested past 500 levels `"[Too deep]"`, and one whose getter
 *   or toJSON throws `"[Unreadable]"`.
 *
 * @returns the text, or `undefined` for what JSON has no form for: undefined, functions, symbols.
 */
export function writeValue(value: unknown): string | undefined {
  return write(value, '', [])
}

/** @param inside the objects that the value stands in, outermost first. */
function write(value: unknown, key: string, inside: object[]): string | undefined {
  switch (typeof value) {
    case 'string':
      return writeString(value)
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null'
    case 'boolean':
      return value ? 'true' : 'false'
    case 'bigint':
      return value.toString()
    case 'object':
      return value === null ? 'null' : writeObject(value, key, inside)
    default:
      return undefined
  }
}

function writeObject(value: object, key: string, inside: object[]): string | undefined {
  if (inside.includes(value)) return CIRCULAR
  if (inside.length >= DEEPEST) return TOO_DEEP
  inside.push(value)
  try {
    if (isErrorObject(value)) return writeString(messageOf(value))
    const toJson: unknown = (value as { toJSON?: unknown }).toJSON
    if (typeof toJson === 'function') {
      const replacement: unknown = toJson.call(value, key)
      // A toJSON that gives its own object back means the object as it stands.
      if (replacement !== value) return write(replacement, key, inside)
    }
    if (Array.isArray(value)) return writeArray(value, inside)
    if (isBoxed(value)) return write(value.valueOf(), key, inside)
    return writeRecord(value, inside)
  } catch {
    return UNREADABLE
  } finally {
    inside.pop()
  }
}

function isBoxed(value: object): boolean {
  return (
    value instanceof Number || value instanceof String || value instanceof Boolean || value instanceof BigInt
  )
}

function writeArray(values: readonly unknown[], inside: object[]): string {
  let out = '['
  for (let index = 0; index < values.length; index++) {
    if (index > 0) out += ','
    out += write(read(values, index), String(index), inside) ?? 'null'
  }
  return `${out}]`
}

function writeRecord(record: object, inside: object[]): string {
  let out = ''
  for (const key of Object.keys(record)) {
    const text = write(read(record, key), key, inside)
    if (text !== undefined) out += `${out === '' ? '' : ','}${writeString(key)}:${text}`
  }
  return `{${out}}`
}

/** A property; a getter that throws spoils its own place only. */
function read(holder: object, key: string | number): unknown {
  try {
    return (holder as Record<string | number, unknown>)[key]
  } catch {
    return '[Unreadable]'
  }
}
