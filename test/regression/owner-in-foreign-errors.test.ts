import { expect, it } from 'vitest'
import { Event } from '../../src/index.js'
import { OwnerMask } from '../../src/otel/owner-mask.js'
import { createTelemetry } from '../support/telemetry.js'

it.each(['hash', 'drop'] as const)(
  'ownerId %s takes an owner out of the errors of others, too',
  async (ownerId) => {
    const telemetry = createTelemetry({ ownerId })
    const first = new Event('order-1').setOwnerId('host-4711')
    const second = new Event('order-1')
      .setOwnerId('host-4712')
      .setErr(new Error('held by host-4711: try again.'))
    await telemetry.tell([first, second])
    const spans = telemetry.spans()
    expect(spans).toHaveLength(2)
    const said = JSON.stringify(spans.map(({ attributes, events, links }) => [attributes, events, links]))
    expect(said).toContain('held by')
    expect(said).not.toContain('host-471')
    await telemetry.close()
  },
)

it('looks for owner ids in hostile texts in bounded time', () => {
  const mask = new OwnerMask('drop')
  mask.show('host-4711')
  const begun = performance.now()
  for (const piece of ['.', '\\', '"owner_id":"', '\\"', ' ', 'host-4711 ', '"owner_id":\\\\\\']) {
    expect(mask.scrub(piece.repeat(1_000_000 / piece.length), 'host-4711')).not.toContain('host-4711')
  }
  expect(performance.now() - begun).toBeLessThan(5_000)
})
