import { closeSync, openSync, writeSync } from 'node:fs'
import { Readable } from 'node:stream'
import { copyText, streamLines } from './streams.mjs'

/** The captured stream of a service under load: 14,000 lines of 900 calls by several owners. */
export const TILE = streamLines('load-slice.ndjson.gz')

const SECONDS = 3600
const text = `${TILE.join('\n')}\n`

/** The stream `count` times over, each time with new ids and an hour later. */
export function* tiles(count) {
  for (let serial = 0; serial < count; serial++) yield copyText(text, serial, serial * SECONDS)
}

/** @returns bytes */
export function writeTiles(path, count) {
  const file = openSync(path, 'w')
  let bytes = 0
  for (const tile of tiles(count)) bytes += writeSync(file, tile)
  closeSync(file)
  return bytes
}

/** The same as a stream, made as it is read. */
export function streamOfTiles(count) {
  return Readable.from(tiles(count), { objectMode: false })
}
