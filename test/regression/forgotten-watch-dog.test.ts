import { expect, it } from 'vitest'
import { eventFromJson } from '../../src/index.js'
import { heldLock } from '../faults/support/held-lock.js'
import { createTelemetry } from '../support/telemetry.js'

it.each([100, 600, 1200])(
  'a watch dog of %i renewals that are read at once is told once',
  async (renewals) => {
    const telemetry = createTelemetry({ settle: 250, clock: { now: () => 0 } })
    await telemetry.tell([...heldLock({ renewals, end: 'released', republish: false })].map(eventFromJson))
    const ids = telemetry.spans().map((span) => `${span.spanContext().traceId}/${span.spanContext().spanId}`)
    expect(ids.length).toBeGreaterThan(renewals)
    expect(ids.length - new Set(ids).size).toBe(0)
    expect(telemetry.spans().filter((span) => span.name === 'WatchDog')).toHaveLength(1)
    await telemetry.close()
  },
)
