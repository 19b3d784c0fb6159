import { type Event, eventFromJson, eventFromObject } from 'storage-lock-otel'
import { endOfObject, endOfString, isRecord, occurrences, parseJson } from './embedded.js'

/** What a text turned out to be. */
export type Recognised =
  /** `rest` is what stands behind it, where more events may be: two processes wrote at once, or a line end was lost. */
  | { readonly kind: 'event'; readonly event: Event; readonly rest?: string }
  | { readonly kind: 'broken'; readonly reason: string }
  | { readonly kind: 'other' }

const OTHER: Recognised = { kind: 'other' }
const EVENT_START = '{"id":'
const ESCAPED_EVENT_START = '{\\"id\\":'

/** A record in a record in a record: deeper than any log shipper nests. */
const MAX_DEPTH = 5
/** How many places of one text are tried; only texts that mention `root_id` are searched at all. */
const MAX_PLACES = 8
/** How many fields of one record are looked into; only those that mention `root_id` are. */
const MAX_FIELDS = 64
/** Where loggers and shippers put the message. */
const MESSAGE_KEYS = ['msg', 'message', 'log', 'body', 'event']

/**
 * Finds the lock event in the text of a line: the line itself, the message of a JSON log record, or JSON somewhere
 * in a line of text. An event is an object with a string `id` and the keys `root_id` and `event_type`.
 *
 * A text that has these keys but cannot be read as an event is `broken`, with what was expected instead.
 */
export function recogniseEvent(text: string, depth = 0): Recognised {
  // What the stdout listener prints: parsed once, by the codec.
  if (text.startsWith(EVENT_START) && text.includes('"root_id"') && text.includes('"event_type"')) {
    const event = tryEvent(text)
    if (event.kind === 'event') return event
    const inside = search(text, depth)
    return inside.kind === 'event' ? inside : event
  }
  const found = search(text, depth)
  return found.kind === 'other' ? damage(text) : found
}

/** As a key, however often its quotes are escaped. */
const ROOT_ID_KEY = /"root_id\\*":/
const MORE_OF_AN_EVENT = /"event_type\\*":|"storage-lock-event-/

/** A text in which no event was found: was it meant as one? Cut short, most often. */
function damage(text: string): Recognised {
  const startsAsEvent = text.startsWith('{"id":"storage-lock-event-')
  const mentionsKeys = ROOT_ID_KEY.test(text) && MORE_OF_AN_EVENT.test(text)
  if (!startsAsEvent && !mentionsKeys) return OTHER
  const record = parseJson(text)
  if (!isRecord(record)) {
    return { kind: 'broken', reason: 'expected a whole event in JSON; the line ends too early or is damaged' }
  }
  const missing = ['root_id', 'event_type'].filter((key) => !Object.hasOwn(record, key))
  if (!startsAsEvent || missing.length === 0) return OTHER
  return { kind: 'broken', reason: `expected the keys of an event; missing: ${missing.join(', ')}` }
}

function search(text: string, depth: number): Recognised {
  if (depth > MAX_DEPTH) return OTHER
  let broken: Recognised = OTHER
  if (text.startsWith('{')) {
    const record = parseJson(text)
    if (isRecord(record)) return fromRecord(record, text, depth)
  }
  for (const start of occurrences(text, EVENT_START, MAX_PLACES)) {
    const end = endOfObject(text, start)
    if (end === -1 || (start === 0 && end === text.length)) continue
    const object = text.slice(start, end)
    if (!object.includes('"root_id"') || !object.includes('"event_type"')) continue
    const found = tryEvent(object)
    if (found.kind === 'event') {
      return text.includes(EVENT_START, end) ? { ...found, rest: text.slice(end) } : found
    }
    broken = found
  }
  for (const start of occurrences(text, '{', MAX_PLACES)) {
    const end = endOfObject(text, start)
    if (end === -1 || (start === 0 && end === text.length)) continue
    const object = text.slice(start, end)
    const record = parseJson(object)
    if (!isRecord(record)) continue
    const found = fromRecord(record, object, depth + 1)
    if (found.kind === 'event') return found
    if (found.kind === 'broken') broken = found
  }
  for (const start of occurrences(text, ESCAPED_EVENT_START, MAX_PLACES)) {
    const quote = text.lastIndexOf('"', start)
    const end = quote === -1 ? -1 : endOfString(text, quote)
    const inner = end === -1 ? undefined : parseJson(text.slice(quote, end))
    if (typeof inner !== 'string') continue
    const found = recogniseEvent(inner.trim(), depth + 1)
    if (found.kind === 'event') return found
    if (found.kind === 'broken') broken = found
  }
  return broken
}

/** A JSON record: an event itself, or a log record with an event in one of its fields. */
function fromRecord(record: Record<string, unknown>, text: string, depth: number): Recognised {
  // Read from the text, so that integers beyond 2^53 keep their digits.
  if (isEventRecord(record)) return tryEvent(text)
  return fromFields(record, depth)
}

function fromFields(record: Record<string, unknown>, depth: number): Recognised {
  if (depth > MAX_DEPTH) return OTHER
  let broken: Recognised = OTHER
  const messages = MESSAGE_KEYS.filter((key) => Object.hasOwn(record, key))
  const others = Object.keys(record).filter((key) => !MESSAGE_KEYS.includes(key))
  let texts = 0
  for (const key of [...messages, ...others]) {
    const value = record[key]
    if (typeof value === 'string' && (!value.includes('root_id') || ++texts > MAX_FIELDS)) continue
    const found = fromField(value, depth + 1)
    if (found.kind === 'event') return found
    if (found.kind === 'broken') broken = found
  }
  return broken
}

function fromField(value: unknown, depth: number): Recognised {
  if (typeof value === 'string') return recogniseEvent(value.trim(), depth)
  if (!isRecord(value)) return OTHER
  if (!isEventRecord(value)) return fromFields(value, depth)
  return attempt(() => eventFromObject(value))
}

function isEventRecord(record: { readonly id?: unknown }): boolean {
  return (
    typeof record.id === 'string' && Object.hasOwn(record, 'root_id') && Object.hasOwn(record, 'event_type')
  )
}

function tryEvent(text: string): Recognised {
  return attempt(() => eventFromJson(text))
}

function attempt(read: () => Event): Recognised {
  try {
    const event = read()
    if (typeof event.id !== 'string' || event.id === '') {
      return { kind: 'broken', reason: 'expected "id" to be a string that is not empty' }
    }
    return { kind: 'event', event }
  } catch (error) {
    return { kind: 'broken', reason: error instanceof Error ? error.message : String(error) }
  }
}
