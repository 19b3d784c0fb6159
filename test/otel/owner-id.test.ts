import { beforeEach, describe, expect, it } from 'vitest'
import { ActionName, LockInformation } from '../../src/index.js'
import type { OwnerIdMode } from '../../src/otel/options.js'
import { hash64 } from '../../src/otel/span-ids.js'
import { Story } from '../support/story.js'
import { createTelemetry } from '../support/telemetry.js'

const OWNER = 'storage-lock-owner-id-secret-host-7'
const OTHER = 'storage-lock-owner-id-other-host-8'

let story: Story

beforeEach(() => {
  story = new Story({ ownerId: OTHER })
  const held = story.lock()
  story.ownerId = OWNER
  story.lock({ busy: 1, holder: held, outcome: 'timeout' })
  const mine = story.lock()
  story.unlock(mine, 'refused')
  for (const line of story.lines) {
    if (line.actions[0]?.name === ActionName.UnlockError)
      line.actions[0].err = new Error(`${OWNER} is not the owner`)
    line.lockInformation = new LockInformation('order-42', line.ownerId, 1, 1)
  }
})

async function everything(ownerId: OwnerIdMode): Promise<string> {
  const telemetry = createTelemetry({ ownerId })
  await telemetry.tell(story.lines)
  const metrics = await telemetry.metrics()
  await telemetry.listener.shutdown()
  const spans = telemetry.spans().map(({ name, attributes, events, links, status }) => ({
    name,
    attributes,
    events,
    links: links.map((link) => link.attributes),
    status,
  }))
  await telemetry.close()
  return JSON.stringify([spans, metrics.data])
}

describe('owner ids', () => {
  it('are kept by default, on spans and in payloads, and never on metrics', async () => {
    const telemetry = createTelemetry()
    await telemetry.tell(story.lines)
    const owners = new Set(telemetry.spans().map((span) => span.attributes['storage_lock.owner.id']))
    expect(owners).toEqual(new Set([OWNER, OTHER]))
    expect(await everything('keep')).toContain(OTHER)
    expect(JSON.stringify((await telemetry.metrics()).data)).not.toContain(OWNER)
    await telemetry.close()
  })

  it('are hashed everywhere, the same owner always the same', async () => {
    const text = await everything('hash')
    expect(text).not.toContain('secret-host')
    expect(text).not.toContain('other-host')
    expect(text).toContain(hash64(OWNER))
    expect(text).toContain(hash64(OTHER))
    expect(text).toContain(`${hash64(OWNER)} is not the owner`)
  })

  it.each<OwnerIdMode>(['hash', 'drop'])(
    'are out of the keys of a payload by owner, and of lists: %s',
    async (mode) => {
      const telemetry = createTelemetry({
        ownerId: mode,
        payload: (key, value) => (key === 'waiters' ? [`${OWNER}!`, 'x'] : (value as number)),
      })
      const [line] = story.lines.filter((each) => each.ownerId === OWNER)
      line!.actions[0]!.payloadMap = { [OTHER]: 2, [`of ${OWNER}`]: 1, waiters: 0 }
      await telemetry.tell(story.lines)
      const text = JSON.stringify(telemetry.spans().map(({ events }) => events))
      expect(text).toContain('storage_lock.payload.waiters')
      expect(text).not.toContain('secret-host')
      expect(text).not.toContain('other-host')
      await telemetry.close()
    },
  )

  it('with what JSON escapes are out of JSON too', async () => {
    const owner = 'CORP\\secret-host "7"'
    const telemetry = createTelemetry({ ownerId: 'hash' })
    const [line] = story.lines
    line!.ownerId = owner
    line!.actions[0]!.payloadMap = {
      list: [owner],
      text: JSON.stringify([owner]),
      deep: [JSON.stringify([owner])],
    }
    await telemetry.tell(story.lines)
    const text = JSON.stringify(telemetry.spans().map(({ attributes, events }) => [attributes, events]))
    expect(text).not.toContain('secret-host')
    expect(text.split(hash64(owner)).length).toBeGreaterThanOrEqual(4)
    await telemetry.close()
  })

  it('are dropped everywhere', async () => {
    const text = await everything('drop')
    expect(text).not.toContain('secret-host')
    expect(text).not.toContain('other-host')
    expect(text).not.toContain(hash64(OWNER))
    expect(text).not.toContain('storage_lock.owner.id')
  })

  it('are taken out of what hooks return as well', async () => {
    const telemetry = createTelemetry({ ownerId: 'drop', payload: (_, value) => JSON.stringify(value) })
    await telemetry.tell(story.lines)
    const events = JSON.stringify(telemetry.spans().flatMap((span) => span.events))
    expect(events).toContain('lockInformation')
    expect(events).not.toContain('secret-host')
    expect(events).not.toContain('other-host')
    await telemetry.close()
  })
})
