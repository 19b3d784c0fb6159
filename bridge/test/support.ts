import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

/** Path of a captured stream, such as `head/contention.ndjson`. */
export const streamPath = (name: string): string =>
  fileURLToPath(new URL(`../../test/fixtures/streams/${name}`, import.meta.url))

/** The bytes of a captured stream. */
export function streamBytes(name: string): Buffer {
  const bytes = readFileSync(streamPath(name))
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes
}

/** The lines of a captured stream, without their line ends. */
export const streamLines = (name: string): string[] =>
  streamBytes(name)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')

/** A line such as the stdout listener prints. */
export function eventLine(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    id: 'storage-lock-event-00000000000000000000000000000001',
    root_id: 'storage-lock-event-00000000000000000000000000000001',
    parent_id: '',
    lock_id: 'order-42',
    owner_id: 'owner-1',
    storage_name: 'memory-storage',
    start_time: '2026-11-22T10:16:15.475077091Z',
    end_time: '2026-11-22T10:16:15.475077792Z',
    event_type: 2,
    actions: [
      {
        start_time: '2026-11-22T10:16:15.475077521Z',
        end_time: null,
        name: 'StorageLock.Lock.Begin',
        err: null,
        payload_map: null,
      },
    ],
    watch_dog_id: '',
    lock_information: null,
    err: null,
    ...changes,
  })
}
