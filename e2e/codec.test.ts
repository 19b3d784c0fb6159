import { describe, expect, it } from 'vitest'
import {
  Action,
  ActionName,
  Event,
  EventType,
  eventFromJson,
  eventToJson,
  LockInformation,
} from '../src/events/index.js'
import { answer, goReads } from './support/go-codec.js'
import { lines, streamText } from './support/stream.js'

const STREAMS = [
  'head/contention.ndjson',
  'head/expired.ndjson',
  'head/fencing.ndjson',
  'head/load-slice.ndjson.gz',
  'head/reentry.ndjson',
  'head/storage-fault.ndjson',
  'head/timeout.ndjson',
  'head/uncontended-tz.ndjson',
  'head/watchdog.ndjson',
  'v0.0.5/contention.ndjson',
  'v0.0.5/watchdog.ndjson',
]

describe('Go events, read and written by us, read by Go', () => {
  it.each(STREAMS)('are the same to Go as its own: %s', (name) => {
    const original = lines(streamText(name))
    const ours = original.map((line) => eventToJson(eventFromJson(line)))
    expect(goReads(ours, { stripErr: true }).map(inUtc)).toEqual(
      goReads(original, { stripErr: true }).map(inUtc),
    )
  })

  it.each(STREAMS)('are read back by us as they were: %s', (name) => {
    const original = lines(streamText(name))
    const back = goReads(original).map(answer)
    for (const [index, line] of original.entries()) {
      const event = back[index]?.event
      if (event === undefined) expect(line).toMatch(/"err":[^n]/)
      else
        expect(utcOf(eventToJson(eventFromJson(JSON.stringify(event))))).toEqual(utcOf(JSON.stringify(event)))
    }
  })
})

/** We write every time in UTC, Go in the zone it was read in: the instants are to be the same. */
function inUtc(json: string): string {
  return json.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d/g, (time, fraction: string = '') =>
    new Date(time.replace(fraction, '')).toISOString().replace('.000Z', `${fraction}Z`),
  )
}

const utcOf = (json: string): unknown => JSON.parse(inUtc(json))

describe('Events made by us', () => {
  const lock = new LockInformation(
    'order-42',
    'worker-1',
    18_446_744_073_709_551_615n,
    -1,
    [1_795_340_087, 7],
  )

  it('reach Go with every field', () => {
    const event = new Event('order-42')
      .setOwnerId('worker <1> & "2" \u2028 日本')
      .setStorageName('memory-storage')
      .setType(EventType.WatchDog)
      .setWatchDogId('storage-lock-watch-dog-1')
      .setLockInformation(lock)
    const read = new Action(ActionName.StorageGet)
    read
      .addPayload('sleep', 5_000_000)
      .addPayload('lockInformation', lock)
      .addPayload('deep', { a: [1, null, 'x'] })
    event.addAction(read.end()).addActionByName(ActionName.LockBegin).end()

    const { event: back, costs, root } = answer(goReads([event.toJson()])[0]!)
    expect(back).toMatchObject({
      id: event.id,
      root_id: event.id,
      parent_id: '',
      lock_id: 'order-42',
      owner_id: 'worker <1> & "2" \u2028 日本',
      storage_name: 'memory-storage',
      event_type: 4,
      watch_dog_id: 'storage-lock-watch-dog-1',
      err: null,
    })
    expect(root).toBe(true)
    expect(costs).toEqual([Number(read.cost()), 0])
    const {
      lock_information: ours,
      actions: ourActions,
      ...rest
    } = JSON.parse(event.toJson()) as Record<string, unknown>
    const { lock_information: theirs, actions: theirActions, ...theirRest } = back!
    expect(theirRest).toEqual(rest)
    expect(theirs).toEqual(ours)
    expect(theirActions).toEqual(ourActions)
  })

  it('keep a uint64 version to its last digit', () => {
    const event = new Event('order-42').setLockInformation(lock).end()
    const [text] = goReads([event.toJson()])
    expect(text).toContain('"version":18446744073709551615')
    const inner = text!.slice('{"event":'.length, text!.indexOf(',"root":true}'))
    expect(eventFromJson(inner).lockInformation?.version).toBe(18_446_744_073_709_551_615n)
  })

  it('keep their nanoseconds, and their place in the tree', () => {
    const root = new Event('order-42')
    const child = root.fork().setType(EventType.Unlock)
    child.startTime = [1_795_340_087, 1]
    child.endTime = [1_795_340_087, 120_000_000]
    const { event: back, root: isRoot } = answer(goReads([child.toJson()])[0]!)
    expect(back).toMatchObject({
      root_id: root.id,
      parent_id: root.id,
      start_time: '2026-11-22T09:34:47.000000001Z',
      end_time: '2026-11-22T09:34:47.12Z',
    })
    expect(isRoot).toBeUndefined()
  })

  it('with nothing set are read too', () => {
    const [text] = goReads([new Event().toJson()])
    expect(answer(text!).error).toBeUndefined()
  })
})

describe('Errors', () => {
  // go-events declares err as Go's error interface: encoding/json writes one, but can read none back.
  it.each(['"boom"', '{}', '{"Code":19}', '104', '[]'])(
    'err %s is refused by Go, whoever wrote it',
    (err) => {
      const template = new Event('order-42').end().toJson()
      const go = answer(goReads([template.replace('"err":null', `"err":${err}`)])[0]!)
      expect(go.error).toMatch(/^json: cannot unmarshal \w+ into Go struct field Event\.err of type error$/)
    },
  )

  it('are written by us as their message, and all else of the event is what Go reads', () => {
    const action = new Action(ActionName.LockError).setErr(new Error('lock busy'))
    const json = new Event('order-42').addAction(action).end().toJson()
    expect((JSON.parse(json) as { actions: { err: unknown }[] }).actions[0]?.err).toBe('lock busy')
    expect(answer(goReads([json])[0]!).error).toMatch(
      /cannot unmarshal string .*\.actions\.err of type error/,
    )
    const stripped = answer(goReads([json], { stripErr: true })[0]!).event
    expect(stripped).toEqual(JSON.parse(json.replace('"lock busy"', 'null')))
  })
})
