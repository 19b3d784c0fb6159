/**
 * What every event id made here begins with. Counterpart of go-events `EventIDPrefix`.
 *
 * @example
 * newEventId().startsWith(EVENT_ID_PREFIX) // true
 */
export const EVENT_ID_PREFIX = 'storage-lock-event-'

const ID_BYTES = 16
const ID_LENGTH = EVENT_ID_PREFIX.length + 2 * ID_BYTES

/** Ids for which random bytes are drawn at a time: asking for those of one id costs ten times as much. */
const DRAWN = 256
/** Ids made at a time. As long as one of them is in use, the text of all of them is kept. */
const BATCH = 64

const digitCodes = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
const random = new Uint8Array(DRAWN * ID_BYTES)
let drawn = random.length
const codes = Uint8Array.from(`${EVENT_ID_PREFIX}${'0'.repeat(2 * ID_BYTES)}`.repeat(BATCH), (each) =>
  each.charCodeAt(0),
)
const decoder = new TextDecoder()
let batch = ''
let used = 0

/**
 * A new event id: the prefix and the 32 lower-case hex digits of a random UUID (version 4). The digits are
 * a valid W3C trace id, and the last 16 of them a valid span id.
 *
 * Counterpart of go-utils `RandomID(EventIDPrefix)`.
 *
 * @example
 * const id = newEventId() // such as 'storage-lock-event-7b0462777b6d4e689dd726ae970accfd'
 */
export function newEventId(): string {
  if (used === batch.length) makeBatch()
  const from = used
  used += ID_LENGTH
  return batch.slice(from, used)
}

// One text for many ids: an id put together from its digits is copied into one piece when it is first looked up.
function makeBatch(): void {
  if (drawn === random.length) {
    globalThis.crypto.getRandomValues(random)
    drawn = 0
  }
  for (let id = 0; id < BATCH; id++) {
    random[drawn + 6] = (random[drawn + 6]! & 0x0f) | 0x40
    random[drawn + 8] = (random[drawn + 8]! & 0x3f) | 0x80
    let at = id * ID_LENGTH + EVENT_ID_PREFIX.length
    for (const end = drawn + ID_BYTES; drawn < end; drawn++) {
      const byte = random[drawn]!
      codes[at] = digitCodes[byte >> 4]!
      codes[at + 1] = digitCodes[byte & 0x0f]!
      at += 2
    }
  }
  batch = decoder.decode(codes)
  used = 0
}
