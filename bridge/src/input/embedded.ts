const QUOTE = 34
const BACKSLASH = 92
const OPEN = 123
const CLOSE = 125

/**
 * The end (exclusive) of the JSON object that begins at `start`, or -1 when it is not closed. Braces in strings do
 * not count; nothing else is checked.
 */
export function endOfObject(text: string, start: number): number {
  let depth = 0
  let inString = false
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (inString) {
      if (code === BACKSLASH) i++
      else if (code === QUOTE) inString = false
    } else if (code === QUOTE) inString = true
    else if (code === OPEN) depth++
    else if (code === CLOSE && --depth === 0) return i + 1
  }
  return -1
}

/** The end (exclusive) of the JSON string whose opening quote is at `start`, or -1 when it is not closed. */
export function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === BACKSLASH) i++
    else if (code === QUOTE) return i + 1
  }
  return -1
}

/** The places where `needle` stands in `text`, at most `limit` of them. */
export function* occurrences(text: string, needle: string, limit: number): Generator<number> {
  let at = text.indexOf(needle)
  for (let found = 0; at !== -1 && found < limit; found++) {
    yield at
    at = text.indexOf(needle, at + 1)
  }
}

/** `JSON.parse`, or `undefined` for a text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
