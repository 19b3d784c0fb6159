import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

/** An event as it stands in a line, read with nothing but JSON.parse: the tests' own view of a stream. */
export interface StreamEvent {
  readonly id: string
  readonly root_id: string
  readonly parent_id: string
  readonly lock_id: string
  readonly owner_id: string
  readonly start_time: string
  readonly end_time: string
  readonly event_type: number
  readonly actions: readonly StreamAction[] | null
  readonly watch_dog_id: string
}

export interface StreamAction {
  readonly name: string
  readonly start_time: string
  readonly end_time: string | null
  readonly payload_map: Readonly<Record<string, unknown>> | null
}

/** All that a stream tells of one root id. */
export interface StreamTree {
  readonly rootId: string
  /** By id; of an event published more than once, the publication with most actions. */
  readonly events: ReadonlyMap<string, StreamEvent>
  /** Ids that are a root or a parent of this tree, but were never published themselves. */
  readonly unpublished: ReadonlySet<string>
}

/** What a caller of the lock measured, in nanoseconds since 1970. */
export interface Truth {
  readonly op: string
  readonly lock_id: string
  readonly owner_id: string
  readonly err: string | null
  readonly start_ns: number
  readonly end_ns: number
}

const folder = new URL('../../test/fixtures/streams/', import.meta.url)

/** Text of a captured stream, e.g. `head/timeout.ndjson`; compressed ones are unpacked. */
export function streamText(name: string): string {
  const bytes = readFileSync(fileURLToPath(new URL(name, folder)))
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
}

/** What the callers measured while the stream was captured. */
export function streamTruth(name: string): Truth[] {
  return lines(streamText(name.replace('.ndjson', '.truth.ndjson'))).map((line) => JSON.parse(line) as Truth)
}

export function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}

export function actionsOf(tree: StreamTree): StreamAction[] {
  return [...tree.events.values()].flatMap((event) => event.actions ?? [])
}

/** The stream's trees by their root ids. */
export function treesOf(text: string): Map<string, StreamTree> {
  const trees = new Map<
    string,
    { rootId: string; events: Map<string, StreamEvent>; unpublished: Set<string> }
  >()
  for (const line of lines(text)) {
    const event = JSON.parse(line) as StreamEvent
    let tree = trees.get(event.root_id)
    if (tree === undefined) {
      tree = { rootId: event.root_id, events: new Map(), unpublished: new Set() }
      trees.set(event.root_id, tree)
    }
    const earlier = tree.events.get(event.id)
    if ((earlier?.actions ?? []).length <= (event.actions ?? []).length) tree.events.set(event.id, event)
  }
  for (const tree of trees.values()) {
    for (const id of [tree.rootId, ...[...tree.events.values()].map((event) => event.parent_id)]) {
      if (id !== '' && !tree.events.has(id)) tree.unpublished.add(id)
    }
  }
  return trees
}

/** The trace id that a root id stands for: its 32 hex digits. */
export const traceIdOf = (rootId: string): string => rootId.slice(-32)

/** The span id that an event id stands for: its last 16 hex digits. */
export const spanIdOf = (eventId: string): string => eventId.slice(-16)

/** An RFC 3339 time as nanoseconds since 1970, whatever its zone. */
export function nanoseconds(time: string): bigint {
  const [, whole, fraction = '', zone] = /^([^.Z+]+?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(time) ?? []
  if (whole === undefined || zone === undefined) throw new Error(`no time: ${time}`)
  return BigInt(Date.parse(whole + zone)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
}

/** The earliest of some times. */
export function earliest(times: readonly bigint[]): bigint {
  let first = times[0]
  for (const time of times) if (first === undefined || time < first) first = time
  if (first === undefined) throw new Error('no times')
  return first
}
