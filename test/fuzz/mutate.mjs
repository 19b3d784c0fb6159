// Changes bytes at random, and with what lines and events are made of.

const WORDS = [
  '{"id":"storage-lock-event-0123456789abcdef0123456789abcdef","root_id":"storage-lock-event-0123456789abcdef0123456789abcdef","parent_id":"","event_type":2,"actions":[]}',
  '{"id":"',
  '"root_id":"',
  '"parent_id":"',
  '"event_type":',
  '"actions":[',
  '"payload_map":{',
  '"err":{}',
  '"err":null',
  '"lock_information":{',
  '"watch_dog_id":"',
  '"start_time":"2026-11-22T09:35:03.030802283Z"',
  '"end_time":null',
  '"name":"',
  'StorageLock.Lock.Begin',
  'StorageLock.Lock.Try.Begin',
  'StorageLock.Lock.Begin.Success',
  'StorageLock.Lock.Finish',
  'StorageLock.Unlock',
  'StorageLock.Unlock.Release',
  'StorageLock.Unlock.Finish',
  'WatchDog.Create',
  'WatchDog.Refresh',
  'WatchDog.Refresh.Success',
  'WatchDog.Exit',
  'Storage.Get',
  'Storage.UpdateWithVersion',
  'timeout',
  'not-lock-owner',
  '2026-11-22T09:34:47.2Z stdout F ',
  '2026-11-22T09:34:47.2Z stderr P ',
  '{"log":"',
  '","stream":"stdout"}',
  '{"msg":"',
  '\\n',
  '\n',
  '\r\n',
  '\\"',
  '\\\\',
  '\\u0000',
  '\\ud800',
  '"__proto__":',
  '"constructor":',
  'null',
  'true',
  '[]',
  '{}',
  '""',
  '1e999',
  '-0',
  '18446744073709551615',
  '9007199254740993',
  '-1',
  '0.1',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:60.999999999+23:59',
  '\u0000',
  '\u001b[2J',
  '\ufeff',
  '\ud83d\udc4d',
  ',',
  ':',
  '{',
  '}',
  '[',
  ']',
  '"',
  '\t',
].map((word) => Buffer.from(word))

/** Numbers from 0 to below 1, the same for the same seed. */
export function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

const MAX_BYTES = 8192

/** @param others inputs of which pieces may be taken */
export function mutate(input, others, next) {
  let bytes = input
  const below = (limit) => Math.floor(next() * limit)
  const splice = (at, remove, insert) =>
    Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)])
  for (let round = 1 + below(4); round > 0; round--) {
    const at = below(bytes.length + 1)
    const most = Math.min(bytes.length - at, 1 + below(below(4) === 0 ? 512 : 16))
    switch (below(8)) {
      case 0:
        if (bytes.length === 0) break
        bytes = Buffer.from(bytes)
        bytes[Math.min(at, bytes.length - 1)] ^= 1 << below(8)
        break
      case 1:
        bytes = splice(at, 0, Buffer.from([below(256)]))
        break
      case 2:
        bytes = splice(at, most, Buffer.alloc(0))
        break
      case 3:
        bytes = splice(at, 0, bytes.subarray(at, at + most))
        break
      case 4: {
        const other = others[below(others.length)] ?? bytes
        const from = below(other.length)
        bytes = splice(at, below(2) * most, other.subarray(from, from + 1 + below(1024)))
        break
      }
      case 5: {
        const line = bytes.indexOf(10, at)
        const end = line === -1 ? bytes.length : line + 1
        bytes = splice(below(bytes.length + 1), 0, bytes.subarray(at, end))
        break
      }
      default:
        bytes = splice(at, below(3) === 0 ? most : 0, WORDS[below(WORDS.length)])
    }
  }
  return bytes.length > MAX_BYTES ? bytes.subarray(0, MAX_BYTES) : bytes
}
