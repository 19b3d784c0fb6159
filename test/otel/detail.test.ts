import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { describe, expect, it } from 'vitest'
import type { Detail } from '../../src/otel/options.js'
import { Story } from '../support/story.js'
import { createTelemetry } from '../support/telemetry.js'

async function told(detail: Detail, tell: (story: Story) => void, limits = {}): Promise<ReadableSpan[]> {
  const story = new Story()
  tell(story)
  const telemetry = createTelemetry({ detail, limits })
  await telemetry.tell(story.lines)
  await telemetry.listener.shutdown()
  const spans = [...telemetry.spans()]
  await telemetry.close()
  return spans
}

/** The spans as a tree of names, children in the order of time, with the names of their events. */
function draw(spans: readonly ReadableSpan[], below?: string): unknown[] {
  return spans
    .filter((span) => span.parentSpanContext?.spanId === below)
    .sort((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1])
    .map((span) => {
      const children = draw(spans, span.spanContext().spanId)
      const events = span.events.map((event) => event.name).join(' ')
      const line = events === '' || events === span.name ? span.name : `${span.name}: ${events}`
      return children.length === 0 ? line : [line, ...children]
    })
}

describe('compact', () => {
  it('makes announcements events of what they announce, and keeps what took time', async () => {
    const spans = await told('compact', (story) => story.lock({ versionMisses: 1, watchDog: false }))
    expect(draw(spans)).toEqual([
      [
        'StorageLock.Lock: StorageLock.Lock.Begin StorageLock.Lock.VersionMiss Sleep sleep-retry StorageLock.Lock.Begin.Success StorageLock.Lock.Finish',
        [
          'StorageLock.Lock.Try: StorageLock.Lock.Try.Begin StorageLock.getLockInformation.Begin Storage.Get.Error',
          'Storage.Get',
          [
            'StorageLock.Lock.NotExists: StorageLock.Lock.NotExists Storage.CreateWithVersion.Error',
            'Storage.GetTime',
            'Storage.CreateWithVersion',
          ],
        ],
        [
          'StorageLock.Lock.Try: StorageLock.Lock.Try.Begin StorageLock.getLockInformation.Begin Storage.Get.Error',
          'Storage.Get',
          [
            'StorageLock.Lock.NotExists: StorageLock.Lock.NotExists Storage.CreateWithVersion.Success',
            'Storage.GetTime',
            'Storage.CreateWithVersion',
          ],
        ],
      ],
    ])
  })

  it('makes one span of a renewal, and gives the dog’s end to the hold', async () => {
    const spans = await told('compact', (story) => {
      const held = story.lock()
      story.renew(held)
      story.unlock(held)
    })
    const renewals = spans.filter((span) => span.attributes['storage_lock.outcome'] === 'renewed')
    expect(renewals).toHaveLength(1)
    const finish = spans.find(
      (span) => span.name === 'StorageLock.Lock' && span.parentSpanContext === undefined,
    )
    const later = spans.filter(
      (span) =>
        span.spanContext().traceId === finish?.spanContext().traceId &&
        span.startTime[1] > finish.endTime[1] &&
        span.name !== 'StorageLock.Hold',
    )
    expect(later).toEqual(renewals)
    expect(renewals[0]?.events.map((event) => event.name)).toEqual(
      expect.arrayContaining([
        'WatchDog.Refresh.Begin',
        'Storage.Get',
        'Storage.UpdateWithVersion',
        'WatchDog.Refresh.Success',
      ]),
    )
    const hold = spans.find((span) => span.name === 'StorageLock.Hold')
    expect(hold?.events.map((event) => event.name)).toEqual(['WatchDog.Stop', 'WatchDog.Exit'])
  })
})

describe('operation', () => {
  it('makes a span of each lock, unlock, renewal and hold, and of nothing else', async () => {
    const spans = await told('operation', (story) => {
      const held = story.lock({ busy: 2 })
      story.renew(held)
      story.renew(held, 'error')
      story.unlock(held)
      story.lock({ outcome: 'error' })
    })
    expect(draw(spans)).toEqual([
      [
        'StorageLock.Lock: StorageLock.Lock.Begin',
        'StorageLock.Hold',
        'WatchDog.Refresh: WatchDog.Refresh Storage.UpdateWithVersion-success',
        'WatchDog.Refresh: WatchDog.Refresh Storage.UpdateWithVersion-error',
      ],
      'StorageLock.Unlock',
      'StorageLock.Lock: StorageLock.Lock.Begin',
    ])
    const failed = spans.find(
      (span) => span.attributes['storage_lock.outcome'] === 'error' && span.name === 'StorageLock.Lock',
    )
    expect(failed?.attributes).toMatchObject({
      'error.type': '57P01',
      'error.message': 'terminating connection',
    })
  })
})

describe('full', () => {
  it('puts what the dog says through an event of the Lock on the dog’s own span nearest in time', async () => {
    const spans = await told('full', (story) => {
      const held = story.lock()
      for (let i = 0; i < 3; i++) {
        story.wait(30)
        story.renew(held)
      }
      story.unlock(held)
    })
    const create = spans.find((span) => span.name === 'WatchDog.Create')
    expect(create?.events.map((event) => event.name)).toEqual(['WatchDog.Create'])
    const looked = spans.flatMap((span) =>
      span.events
        .filter(
          (event) =>
            event.attributes?.['storage_lock.event.id'] === create?.attributes['storage_lock.event.id'],
        )
        .map((event) => `${event.name} on ${span.name}`),
    )
    expect(looked).toEqual(
      Array.from({ length: 3 }, () => 'StorageLock.getLockInformation.Begin on WatchDog.Refresh'),
    )
  })

  it('keeps the beginning and the end of a trace that is too long, and what failed in between', async () => {
    const limits = { spansPerTrace: 60 }
    const spans = await told(
      'full',
      (story) => {
        const held = story.lock()
        for (let i = 0; i < 30; i++) story.renew(held, i === 20 ? 'error' : 'renewed')
        story.unlock(held)
      },
      limits,
    )
    const lock = spans.filter((span) => span.attributes['storage_lock.event.type'] === 'lock')
    expect(lock.length).toBeLessThanOrEqual(62)
    expect(lock.filter((span) => span.attributes['storage_lock.outcome'] === 'error')).toHaveLength(1)
    expect(lock.filter((span) => span.name === 'StorageLock.Hold')).toHaveLength(1)
    const ids = new Set(spans.map((span) => span.spanContext().spanId))
    expect(lock.filter((span) => span.parentSpanContext && !ids.has(span.parentSpanContext.spanId))).toEqual(
      [],
    )
  })
})
