import { describe, expect, it } from 'vitest'
import { eventFromJson } from '../../src/index.js'
import { linesOf } from '../support/streams.js'
import { createTelemetry } from '../support/telemetry.js'

const lines = linesOf('head/uncontended.ndjson')
const events = lines.map((line) => eventFromJson(line))
const rootOf = (action: string): string =>
  events.find((event) => event.actions.some(({ name }) => name === action))!.rootId

describe('OtelListener.pendingRootIds()', () => {
  it('names the calls that are not over, the locks that are held, and then nothing', () => {
    const { listener } = createTelemetry()
    const lock = rootOf('StorageLock.Lock.Begin')
    const unlock = rootOf('StorageLock.Unlock')
    const seen: string[] = []
    expect([...listener.pendingRootIds()]).toEqual([])
    for (const event of events) {
      listener.on(undefined, event)
      const now = [...listener.pendingRootIds()].map((id) =>
        id === lock ? 'lock' : id === unlock ? 'unlock' : id,
      )
      if (now.join() !== seen.at(-1)) seen.push(now.join())
    }
    expect(seen[0]).toBe('')
    expect(seen).toContain('lock')
    expect(seen.some((ids) => ids.includes('lock') && ids.includes('unlock'))).toBe(true)
    expect(seen.at(-1)).toBe('')
  })
})
