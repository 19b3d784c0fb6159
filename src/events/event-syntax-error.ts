/**
 * A text or an object that is no event: it says where, what was expected there, and what was found.
 *
 * @example
 * // actions[2].start_time: expected an RFC 3339 time or null, found "yesterday"
 */
export class EventSyntaxError extends SyntaxError {
  /** Names the class. */
  override readonly name = 'EventSyntaxError'
  /** The place in the JSON, such as `actions[2].start_time`; empty for the whole of it. */
  readonly path: string
  /** What should have stood there. */
  readonly expected: string
  /** What did. */
  readonly found: string

  /** Made by the codec; the message is put together from the parts. */
  constructor(path: string, expected: string, found: string, options?: ErrorOptions) {
    super(`${path === '' ? '' : `${path}: `}expected ${expected}, found ${found}`, options)
    this.path = path
    this.expected = expected
    this.found = found
  }
}

const LONGEST_FOUND = 60

/** The error for a value that is not what was expected. */
export function unexpected(path: string, expected: string, value: unknown): EventSyntaxError {
  return new EventSyntaxError(path, expected, describe(value))
}

/** The error as seen from the object that `outer` leads to; any other error as it is. */
export function errorWithin(outer: string, error: unknown): unknown {
  if (!(error instanceof EventSyntaxError)) return error
  const path = error.path === '' ? outer : `${outer}.${error.path}`
  return new EventSyntaxError(path, error.expected, error.found)
}

function describe(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'nothing'
    case 'string':
      return JSON.stringify(value.length > LONGEST_FOUND ? `${value.slice(0, LONGEST_FOUND)}…` : value)
    case 'number':
    case 'bigint':
    case 'boolean':
      return `the ${typeof value} ${String(value)}`
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? 'an array' : 'an object'
    default:
      return `a ${typeof value}`
  }
}
