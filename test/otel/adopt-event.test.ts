import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/index.js'
import { adoptEvent } from '../../src/otel/adopt-event.js'
import { render } from '../support/render.js'
import { Story } from '../support/story.js'
import { createTelemetry } from '../support/telemetry.js'

describe('an event of another copy of this package', () => {
  it('is told as one of this copy', async () => {
    const story = new Story()
    const held = story.lock({ busy: 1 })
    story.renew(held)
    story.unlock(held)
    const own = createTelemetry()
    await own.tell(story.lines)
    const other = createTelemetry()
    await other.tell(
      story.lines.map(
        (line) => structuredClone(Object.assign({}, line, { listeners: [] })) as unknown as Event,
      ),
    )
    expect(render(other.spans())).toEqual(render(own.spans()))
    expect((await other.metrics()).facts()).toEqual((await own.metrics()).facts())
    await own.close()
    await other.close()
  })
})

describe('what looks like an event', () => {
  it('has the zero value in each field of the wrong type', () => {
    const adopted = adoptEvent({
      id: 'x',
      rootId: 5,
      parentId: {},
      lockId: null,
      ownerId: [],
      storageName: Symbol('s'),
      eventType: 9,
      startTime: 'now',
      endTime: [1],
      actions: 'none',
      watchDogId: 7n,
      lockInformation: 'text',
      endedExplicitly: 'yes',
    })
    expect(adopted).toMatchObject({
      id: 'x',
      rootId: '',
      parentId: '',
      lockId: '',
      ownerId: '',
      storageName: '',
      eventType: 0,
      startTime: undefined,
      endTime: undefined,
      actions: [],
      watchDogId: '',
      lockInformation: undefined,
      endedExplicitly: false,
      err: null,
    })
  })

  it('keeps what is right, and the ids of its parents', () => {
    const adopted = adoptEvent({
      id: 'x',
      eventType: 3,
      startTime: [1, 2],
      endedExplicitly: true,
      err: 0,
      parent: { id: 'above', parent: { id: 'top' } },
      lockInformation: { ownerId: 'me', version: 2n, lockCount: 1, leaseExpireTime: [3, 4] },
      actions: [{ name: 'a', startTime: [5, 6], payloadMap: { key: 'value' } }],
    })
    expect(adopted).toMatchObject({ eventType: 3, startTime: [1, 2], endedExplicitly: true, err: 0 })
    expect([adopted.parent?.id, adopted.parent?.parent?.id, adopted.parent?.parent?.parent]).toEqual([
      'above',
      'top',
      undefined,
    ])
    expect(adopted.lockInformation).toMatchObject({ ownerId: 'me', version: 2n, leaseExpireTime: [3, 4] })
    expect(adopted.actions).toMatchObject([
      { name: 'a', startTime: [5, 6], endTime: undefined, payloadMap: { key: 'value' } },
    ])
  })

  it('does not follow parents for ever', () => {
    const circle: Record<string, unknown> = { id: 'x' }
    circle['parent'] = circle
    let depth = 0
    for (let at = adoptEvent(circle).parent; at !== undefined; at = at.parent) depth += 1
    expect(depth).toBeLessThanOrEqual(32)
  })

  it.each([undefined, null, 5, 'x', {}, { id: '' }, { id: 5 }])('is none: %s', (value) => {
    expect(() => adoptEvent(value)).toThrow(TypeError)
  })
})
