import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/streams/${name}`, import.meta.url), 'utf8')

/** The lines of a captured stream. */
export const streamLines = (name: string): string[] => fixture(`${name}.ndjson`).trimEnd().split('\n')

/** What the caller of the lock measured around one call. */
export interface Truth {
  readonly op: string
  readonly lock_id: string
  readonly err: string | null
  readonly dur_ns: number
}

/** What the callers of a captured stream measured. */
export const streamTruth = (name: string): Truth[] =>
  fixture(`${name}.truth.ndjson`)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Truth)

const ID = /(storage-lock-(?:event|watch-dog)-)[0-9a-f]{32}/g
const LEASE_END = /(lease_expire_time\\?":\\?")(20[^"\\]+)/g
const TIME = /\b(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)/g

/**
 * The same stream as it would be told of another run: other ids of events and watch dogs, and all times moved so that its last event is
 * `endsAt` (ms since 1970).
 */
export function replayed(lines: readonly string[], run: string, endsAt: number): string[] {
  const last = Math.max(
    ...lines.map((line) => Date.parse((JSON.parse(line) as { start_time: string }).start_time)),
  )
  // Whole seconds, so that the digits after the point stay as they are.
  const shift = Math.floor((endsAt - last) / 1000) * 1000
  return lines.map((line) =>
    line
      .replace(ID, (id, prefix: string) => prefix + createHash('md5').update(run).update(id).digest('hex'))
      .replace(TIME, (time) => laterBy(shift, time)),
  )
}

/** An RFC 3339 time moved by whole seconds (in ms); its fraction stays as it is, whatever its digits. */
function laterBy(ms: number, time: string): string {
  const [, seconds = '', fraction = '', zone = ''] = new RegExp(TIME.source).exec(time) ?? []
  return `${new Date(Date.parse(`${seconds}${zone}`) + ms).toISOString().slice(0, 19)}${fraction}Z`
}

/** The same stream about another lock. */
export const renamed = (lines: readonly string[], from: string, to: string): string[] =>
  lines.map((line) => line.replaceAll(`"lock_id":"${from}"`, `"lock_id":"${to}"`))

interface EventLine {
  id: string
  parent_id: string
  start_time: string
  event_type: number
  watch_dog_id: string
  actions: { name: string }[] | null
}

/**
 * A holder that loses its lease: the captured run of a watch dog, whose last renewal finds another owner. The dog then
 * exits, and no unlock follows.
 */
export function lostLease(): string[] {
  const lines = streamLines('head/watchdog')
  const events = lines.map((line) => JSON.parse(line) as EventLine)
  const actionOf = ({ actions }: EventLine): string => actions?.at(-1)?.name ?? ''
  const refresh = events.findLastIndex(({ actions }) => actions?.[0]?.name === 'WatchDog.Refresh')
  const lost = events[refresh]
  if (lost === undefined) throw new Error('the stream has no renewal')
  return events.flatMap((event, index) => {
    // The record that the renewal read belongs to somebody else, so it writes nothing.
    if (event.event_type === 3 || event.parent_id === lost.id) return []
    if (index > refresh && !/^WatchDog\.(Refresh\.Success|Exit)$/.test(actionOf(event))) return []
    const actions = event.actions?.map((action, at, all) => {
      if (event.id === lost.id && at === all.length - 1) return { ...action, name: 'not-lock-owner' }
      if (index > refresh && action.name === 'WatchDog.Refresh.Success') {
        return { ...action, name: 'WatchDog.Refresh.Error', err: {} }
      }
      return action
    })
    return [JSON.stringify({ ...event, actions: actions ?? null })]
  })
}

/**
 * A holder whose process dies: everything up to its second renewal, then nothing more. Its lease of three seconds is
 * made longer by as many seconds as given.
 */
export function killedHolder(longer: number): string[] {
  const lines = streamLines('head/watchdog')
  const renewals = lines.flatMap((line, index) =>
    (JSON.parse(line) as EventLine).actions?.[0]?.name === 'WatchDog.Refresh.Success' ? [index] : [],
  )
  return lines
    .slice(0, (renewals[1] ?? lines.length) + 1)
    .map((line) =>
      line.replace(LEASE_END, (_, before: string, end: string) => before + laterBy(longer * 1000, end)),
    )
}

/** Two acquires that have begun and tried, and wait: a captured run of timeouts, cut before each gives up. */
export function waiters(): string[] {
  const lines = streamLines('head/timeout')
  const events = lines.map((line) => JSON.parse(line) as EventLine & { root_id: string })
  const gaveUp = events.filter(({ actions }) => actions?.some(({ name }) => name === 'timeout'))
  return lines.filter((_, index) => {
    const event = events[index]
    if (event === undefined || !gaveUp.some(({ root_id }) => root_id === event.root_id)) return false
    return !event.actions?.some(({ name }) => name === 'timeout' || name === 'StorageLock.Lock.Finish')
  })
}
