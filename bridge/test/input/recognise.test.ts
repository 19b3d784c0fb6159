import { describe, expect, it } from 'vitest'
import { recogniseEvent } from '../../src/input/recognise.js'
import { eventLine, streamLines } from '../support.js'

const idIn = (text: string): string | undefined => {
  const found = recogniseEvent(text)
  return found.kind === 'event' ? found.event.id : undefined
}
const kindOf = (text: string): string => recogniseEvent(text).kind
const line = eventLine()
const id = 'storage-lock-event-00000000000000000000000000000001'

describe('recogniseEvent finds', () => {
  it('a bare event', () => {
    const found = recogniseEvent(line)
    expect(found).toMatchObject({
      kind: 'event',
      event: { id, lockId: 'order-42', ownerId: 'owner-1', eventType: 2 },
    })
  })

  it.each([
    ['the keys in another order', JSON.stringify({ event_type: 2, root_id: id, id })],
    ['text after it', `${line} trailing`],
    ['fields of a console logger after it', `INFO\tfile.go:33\t${line}\t{"port": 8080}`],
    ['a prefix', `2026/11/22 10:16:15 ${line}`],
    ['a zap record', JSON.stringify({ level: 'info', ts: 1.5, caller: 'x.go:33', msg: line })],
    ['a record with another message key', JSON.stringify({ severity: 'INFO', textPayload: line })],
    [
      'an event as an object in a record',
      JSON.stringify({ kubernetes: { pod: 'a' }, event: JSON.parse(line) }),
    ],
    ['a record in a record', JSON.stringify({ log: JSON.stringify({ level: 'info', msg: line }) })],
    ['a zap record after a prefix', `Nov 22 host svc[1]: ${JSON.stringify({ level: 'info', msg: line })}`],
    ['an escaped event in a key=value line', `time=10:16 level=info msg=${JSON.stringify(line)} caller=x`],
    ['another object with an id before it', `{"id":"user-1"} did ${line}`],
    ['line ends inside the message', JSON.stringify({ msg: `${line}\n` })],
  ])('an event with %s', (_what, text) => {
    expect(idIn(text)).toBe(id)
  })

  it('every event of the zap listener, in both encodings, and none of the other records', () => {
    for (const name of ['zap/production.log', 'zap/development.log']) {
      const kinds = streamLines(name).map(kindOf)
      expect(kinds.filter((kind) => kind === 'event')).toHaveLength(28)
      expect(kinds.filter((kind) => kind === 'broken')).toHaveLength(0)
    }
  })

  it('integers beyond 2^53 with all their digits', () => {
    const text = line.replace(
      '"lock_information":null',
      '"lock_information":{"owner_id":"o","version":18446744073709551615,"lock_count":1}',
    )
    for (const each of [text, JSON.stringify({ msg: text }), `prefix ${text}`]) {
      const found = recogniseEvent(each)
      expect(found.kind === 'event' && found.event.lockInformation?.version).toBe(18446744073709551615n)
    }
  })
})

describe('recogniseEvent takes for no event', () => {
  it.each([
    ['a decoy', String.raw`{"level":"info","msg":"service started","json":"{\"id\":\"not an event\"}"}`],
    ['a record with a root id of its own', '{"id":"42","root_id":"7","name":"a tree of another kind"}'],
    ['prose', 'the root_id of an event is that of its root'],
    ['prose with the keys', 'columns: id, root_id, event_type'],
    ['other JSON', '[1,2,{"a":"root_id"}]'],
    ['a record that tells of the keys', '{"msg":"missing \\"root_id\\" or event_type in request"}'],
  ])('%s', (_what, text) => {
    expect(kindOf(text)).toBe('other')
  })
})

it('recogniseEvent looks into a bounded number of fields, however many mention a root id', () => {
  const fields = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, '{"root_id']))
  expect(kindOf(JSON.stringify({ ...fields(30), last: line }))).toBe('event')
  // Each costs a search: a line of hundreds of thousands held the reader for seconds.
  expect(kindOf(JSON.stringify({ ...fields(1000), last: line }))).not.toBe('event')
  // Where loggers put the message is looked at first.
  expect(kindOf(JSON.stringify({ ...fields(1000), msg: line }))).toBe('event')
})

describe('recogniseEvent takes for broken', () => {
  it.each([
    ['a bare event', line.slice(0, 400)],
    ['a bare event cut in its first key', line.slice(0, 40)],
    ['a zap record', JSON.stringify({ level: 'info', msg: line }).slice(0, 400)],
    ['a zap message', JSON.stringify({ level: 'info', msg: line.slice(0, 400) })],
    ['a console line', `INFO\tx.go:33\t${line.slice(0, 300)}`],
  ])('%s that was cut short', (_what, text) => {
    expect(kindOf(text)).toBe('broken')
  })

  it.each([
    ['start_time', { start_time: 'yesterday' }],
    ['event_type', { event_type: 'lock' }],
    ['actions', { actions: {} }],
    ['actions[0]', { actions: [7] }],
    ['id', { id: 7 }],
    ['id', { id: '' }],
  ])('a wrong %s, and says what was expected', (path, changes) => {
    const found = recogniseEvent(eventLine(changes))
    expect(found.kind).toBe('broken')
    expect(found.kind === 'broken' && found.reason).toContain(path)
    expect(found.kind === 'broken' && found.reason).toContain('expected')
  })

  it('an event without its type, and names what is missing', () => {
    const found = recogniseEvent(eventLine({ event_type: undefined }))
    expect(found).toMatchObject({ kind: 'broken', reason: expect.stringContaining('event_type') })
  })
})
