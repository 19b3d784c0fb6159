import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ActionName, eventFromJson, formatRfc3339, PayloadKey, parseRfc3339 } from '../../src/events/index.js'

const STREAMS = new URL('../fixtures/streams/', import.meta.url)
const TIMES = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g

const streams = ['head', 'v0.0.5']
  .flatMap((version) => readdirSync(new URL(version, STREAMS)).map((file) => `${version}/${file}`))
  .filter((file) => /(?<!\.truth)\.ndjson(\.gz)?$/.test(file))

function linesOf(stream: string): string[] {
  const bytes = readFileSync(new URL(stream, STREAMS))
  const text = (stream.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  return text.split('\n').filter((line) => line !== '')
}

/** A line with each of its times as it would be written in UTC. */
function inUtc(line: string): string {
  return line.replace(TIMES, (time) => formatRfc3339(parseRfc3339(time)!))
}

it('there are streams to read', () => {
  expect(streams.length).toBeGreaterThan(10)
})

describe.each(streams)('the stream %s', (stream) => {
  const lines = linesOf(stream)

  it('is read and written again as the same bytes; in a zone of its own, as the same times', () => {
    const isLocal = stream.includes('-tz')
    const wrong = lines.filter((line) => {
      const written = eventFromJson(line).toJson()
      return isLocal ? inUtc(written) !== inUtc(line) : written !== line
    })
    expect(lines.length).toBeGreaterThan(0)
    expect(wrong).toEqual([])
  })

  it('holds no action and no payload key but those of the vocabulary', () => {
    const names = new Set<string>(Object.values(ActionName))
    const keys = new Set<string>(Object.values(PayloadKey))
    const actions = lines.flatMap((line) => eventFromJson(line).actions)
    expect(actions.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([])
    expect(
      actions.flatMap(({ payloadMap }) => Object.keys(payloadMap ?? {})).filter((key) => !keys.has(key)),
    ).toEqual([])
  })
})

it('one of the streams is in a zone, and it keeps every instant', () => {
  const lines = linesOf('head/uncontended-tz.ndjson')
  expect(lines.some((line) => line.includes('+08:00'))).toBe(true)
  for (const line of lines) {
    const instants = (text: string) => [...text.matchAll(TIMES)].map(([time]) => parseRfc3339(time))
    expect(instants(eventFromJson(line).toJson())).toEqual(instants(line))
  }
})
