import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

const FOLDER = new URL('../fixtures/streams/', import.meta.url)

/** The captured streams, e.g. `head/contention.ndjson`. */
export const STREAMS: readonly string[] = ['head', 'v0.0.5']
  .flatMap((version) => readdirSync(new URL(version, FOLDER)).map((file) => `${version}/${file}`))
  .filter((file) => /(?<!\.truth)\.ndjson(\.gz)?$/.test(file))

/** An event as it stands in a line, read with nothing but JSON.parse: the tests' own view of a stream. */
export interface LineEvent {
  readonly id: string
  readonly root_id: string
  readonly parent_id: string
  readonly lock_id: string
  readonly owner_id: string
  readonly watch_dog_id: string
  readonly event_type: number
  readonly start_time: string
  readonly end_time: string
  readonly actions: readonly LineAction[] | null
}

export interface LineAction {
  readonly name: string
  readonly start_time: string
  readonly end_time: string | null
  readonly err: unknown
  readonly payload_map: Readonly<Record<string, unknown>> | null
}

/** What a caller measured around a call, in nanoseconds since 1970. */
export interface Call {
  readonly op: string
  readonly lock_id: string
  readonly owner_id: string
  readonly err: string | null
  readonly start_ns: number
  readonly dur_ns: number
  readonly end_ns: number
}

/** The lines of a stream. */
export function linesOf(stream: string): string[] {
  const bytes = readFileSync(new URL(stream, FOLDER))
  return (stream.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
}

/** What the callers measured while the stream was captured; empty where nobody did. */
export function truthOf(stream: string): Call[] {
  if (stream.endsWith('.gz')) return []
  return linesOf(stream.replace('.ndjson', '.truth.ndjson')).map((line) => JSON.parse(line) as Call)
}

/** The fullest publication of each id. */
export function eventsOf(lines: readonly string[]): Map<string, LineEvent> {
  const events = new Map<string, LineEvent>()
  for (const line of lines) {
    const event = JSON.parse(line) as LineEvent
    const known = events.get(event.id)
    if (known === undefined || (known.actions ?? []).length < (event.actions ?? []).length)
      events.set(event.id, event)
  }
  return events
}

/** The ids that are named as a root or a parent and were never published; each with the root it belongs to. */
export function unpublishedOf(events: ReadonlyMap<string, LineEvent>): Map<string, string> {
  const ids = new Map<string, string>()
  for (const event of events.values()) {
    for (const id of [event.root_id, event.parent_id]) {
      if (id !== '' && !events.has(id)) ids.set(id, event.root_id)
    }
  }
  return ids
}

/** An RFC 3339 time as nanoseconds since 1970, whatever its zone. */
export function toNanoseconds(time: string): bigint {
  const [, whole, fraction = '', zone] = /^([^.Z+]+)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(time) ?? []
  if (whole === undefined || zone === undefined) throw new Error(`no time: ${time}`)
  return BigInt(Date.parse(whole + zone)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
}

/** Numbers from 0 to below 1 that are the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** The items in another order, the same for the same seed. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const next = random(seed)
  const result = items.slice()
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1))
    ;[result[i], result[j]] = [result[j] as T, result[i] as T]
  }
  return result
}

/** Each item twice in a row. */
export function doubled<T>(items: readonly T[]): T[] {
  return items.flatMap((item) => [item, item])
}
