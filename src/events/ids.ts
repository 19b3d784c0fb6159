/** What every event id made here begins with. Counterpart of go-events `EventIDPrefix`. */
export const EVENT_ID_PREFIX = 'storage-lock-event-'

const ID_BYTES = 16
const POOL_BYTES = 256 * ID_BYTES

const hexOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
)
const pool = new Uint8Array(POOL_BYTES)
let used = POOL_BYTES

/**
 * A new event id: the prefix and the 32 lower-case hex digits of a random UUID (version 4). The digits are
 * a valid W3C trace id, and the last 16 of them a valid span id.
 *
 * Counterpart of go-utils `RandomID(EventIDPrefix)`.
 */
export function newEventId(): string {
  if (used === POOL_BYTES) refillPool()
  const at = used
  used += ID_BYTES
  const version = (pool[at + 6]! & 0x0f) | 0x40
  const variant = (pool[at + 8]! & 0x3f) | 0x80
  return (
    EVENT_ID_PREFIX +
    hexOfByte[pool[at]!] +
    hexOfByte[pool[at + 1]!] +
    hexOfByte[pool[at + 2]!] +
    hexOfByte[pool[at + 3]!] +
    hexOfByte[pool[at + 4]!] +
    hexOfByte[pool[at + 5]!] +
    hexOfByte[version] +
    hexOfByte[pool[at + 7]!] +
    hexOfByte[variant] +
    hexOfByte[pool[at + 9]!] +
    hexOfByte[pool[at + 10]!] +
    hexOfByte[pool[at + 11]!] +
    hexOfByte[pool[at + 12]!] +
    hexOfByte[pool[at + 13]!] +
    hexOfByte[pool[at + 14]!] +
    hexOfByte[pool[at + 15]!]
  )
}

// One call for many ids: asking for the bytes of one id at a time costs ten times as much.
function refillPool(): void {
  globalThis.crypto.getRandomValues(pool)
  used = 0
}
