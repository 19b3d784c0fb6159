import { expect, it } from 'vitest'
import { Event, EventType } from '../../src/index.js'
import { render } from '../support/render.js'
import { createTelemetry } from '../support/telemetry.js'

// A tree took its type, lock and storage from whichever of its events came first.
it('tells what a tree is about by its earliest event, whichever came first', async () => {
  const child = (id: string, type: EventType, second: number): Event => {
    const event = new Event(`lock-of-${id}`, id, [second, 0]).setType(type).setRootId('root')
    event.parentId = 'root'
    event.endTime = [second, 0]
    return event
  }
  const lines = [child('a', EventType.Lock, 100), child('b', EventType.Unlock, 101)]
  const told = async (events: Event[]): Promise<string[]> => {
    const telemetry = createTelemetry({ settle: 250 })
    await telemetry.tell(events)
    return render(telemetry.spans())
  }
  const inOrder = await told(lines)
  expect(await told([...lines].reverse())).toEqual(inOrder)
  expect(inOrder.join()).toContain('below nothing StorageLock.Lock')
})
