/**
 * Trace and span ids out of root and event ids. The same id gives the same result in every process and
 * version: bridges beside each other, restarts and replays write the same spans.
 */

/**
 * Go's ids end in the 32 hex digits of a UUIDv4, which are a valid W3C trace id as they stand.
 *
 * @example
 * traceIdOf('storage-lock-event-7b0462777b6d4e689dd726ae970accfd') // '7b0462777b6d4e689dd726ae970accfd'
 */
export function traceIdOf(rootId: string): string {
  const tail = hexTail(rootId, 32)
  if (tail !== undefined) return inOnePiece(tail)
  const undashed = undashedUuid(rootId)
  return undashed ?? hash128(rootId)
}

/**
 * The last 16 hex digits of an event id, else a stable 64-bit hash; never zero.
 *
 * @example
 * spanIdOf('storage-lock-event-7b0462777b6d4e689dd726ae970accfd') // '9dd726ae970accfd'
 */
export function spanIdOf(eventId: string): string {
  const tail = hexTail(eventId, 16)
  if (tail !== undefined) return tail
  const undashed = undashedUuid(eventId)
  return undashed === undefined ? hash64(eventId) : undashed.slice(16)
}

/**
 * The span id of the hold that an acquire begins. Go's ids have 32 random digits, of which the root's own span has
 * the last 16: the hold has the first.
 */
export function holdSpanIdOf(rootId: string): string {
  const tail = hexTail(rootId, 32)
  return tail === undefined || tail.startsWith(ZERO_SPAN_ID) ? hash64(`${rootId}#hold`) : tail.slice(0, 16)
}

const ZERO_SPAN_ID = '0'.repeat(16)

/** The length of an id as go-events makes it: `storage-lock-event-` and the 32 digits of a UUID. */
const GO_ID_LENGTH = 51

/**
 * Ids of one tree may end in the same 16 digits although they differ before (`a-0000000000000001` and
 * `b-0000000000000001`): those span ids have to be made of the whole id instead.
 *
 * @param rootId keeps its own span id in any case
 * @returns the span ids that more than one of the ids would have; undefined when there are none
 */
export function ambiguousSpanIds(
  nodes: Iterable<{ readonly id: string }>,
  rootId: string,
): ReadonlySet<string> | undefined {
  let seen: Set<string> | undefined
  let ambiguous: Set<string> | undefined
  for (const { id } of nodes) {
    // Ids of the usual form are random in all their digits.
    if (id.length === GO_ID_LENGTH || id === rootId) continue
    const spanId = spanIdOf(id)
    seen ??= new Set([spanIdOf(rootId)])
    if (seen.has(spanId)) {
      ambiguous ??= new Set()
      ambiguous.add(spanId)
    }
    seen.add(spanId)
  }
  return ambiguous
}

/** A stable 64-bit hash as 16 hex digits; never zero. */
export function hash64(text: string): string {
  return hash128(text).slice(16)
}

/** A stable 128-bit hash as 32 hex digits; neither half is zero. */
export function hash128(text: string): string {
  let a = 0x9e3779b9
  let b = 0x85ebca6b
  let c = 0xc2b2ae35
  let d = 0x27d4eb2f
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 0x01000193)
    b = Math.imul(b ^ code, 0x5bd1e995) ^ (a >>> 15)
    c = Math.imul(c ^ code, 0x1b873593) ^ (b >>> 13)
    d = Math.imul(d ^ code, 0xcc9e2d51) ^ (c >>> 16)
  }
  a = avalanche(a ^ d ^ text.length)
  b = avalanche(b ^ a)
  c = avalanche(c ^ b)
  d = avalanche(d ^ c)
  return hex(a | 1) + hex(b) + hex(c) + hex(d | 1)
}

function avalanche(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0')
}

/**
 * The same text, no longer as a part of the id it was cut from: the SDK looks at each digit of a trace id twice for
 * every span of the trace, and a digit of a part is found by way of the whole. Parts this short are copied.
 */
function inOnePiece(traceId: string): string {
  return [traceId.slice(0, 8), traceId.slice(8, 16), traceId.slice(16, 24), traceId.slice(24)].join('')
}

const NOT_HEX = 8
const UPPER = 4
const NOT_ZERO = 2
/** What each character is: one look at it, and no branch, for each digit of each id. */
const KIND = new Uint8Array(128).fill(NOT_HEX)
KIND['0'.charCodeAt(0)] = 0
for (const digit of '123456789abcdef') KIND[digit.charCodeAt(0)] = NOT_ZERO
for (const digit of 'ABCDEF') KIND[digit.charCodeAt(0)] = NOT_ZERO | UPPER

/** The last `count` characters in lower case, if all are hex digits and not all zero. */
function hexTail(id: string, count: number): string | undefined {
  const from = id.length - count
  if (from < 0) return undefined
  let kinds = 0
  for (let i = from; i < id.length; i++) kinds |= KIND[id.charCodeAt(i)] ?? NOT_HEX
  if (kinds >= NOT_HEX || kinds === 0) return undefined
  const tail = id.slice(from)
  return (kinds & UPPER) !== 0 ? tail.toLowerCase() : tail
}

const UUID = /([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i

/** The digits of a dashed UUID at the end of an id; both halves must be usable. */
function undashedUuid(id: string): string | undefined {
  if (id.length < 36 || id.charCodeAt(id.length - 13) !== 45) return undefined
  const match = UUID.exec(id)
  if (match === null) return undefined
  const digits = match.slice(1).join('').toLowerCase()
  return /^0{16}|0{16}$/.test(digits) ? undefined : digits
}
