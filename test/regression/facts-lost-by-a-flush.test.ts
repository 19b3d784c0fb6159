import { expect, it } from 'vitest'
import { Story } from '../support/story.js'
import { createTelemetry, ManualClock, type Metrics, turn } from '../support/telemetry.js'

const IDLE = 300_000

/** What the metrics say when everything is told at once. */
async function atOnce(story: Story): Promise<Metrics> {
  const telemetry = createTelemetry({ clock: new ManualClock() })
  await telemetry.tell(story.lines)
  const metrics = await telemetry.metrics()
  await telemetry.close()
  return metrics
}

// A call that was exported unfinished, by a flush or after a long silence, was never measured: its outcome came too
// late. Its lock was not held, its release let go of nothing.
it.each(['a flush', 'a long silence'])(
  'measures a call in full when %s came in the middle of it',
  async (what) => {
    const story = new Story()
    const held = story.lock({ busy: 2, versionMisses: 1 })
    story.unlock(held)
    story.lock({ busy: 1, outcome: 'timeout' })
    story.lock({ outcome: 'error' })
    const whole = await atOnce(story)
    for (let cut = 1; cut < story.lines.length; cut++) {
      // Cut between its result and its Finish, a call is measured up to its result, as its span shows it.
      if (/Success$|Error$|^timeout$/.test(story.lines[cut]?.actions[0]?.name ?? '')) continue
      const clock = new ManualClock()
      const telemetry = createTelemetry({ clock })
      for (const [index, line] of story.lines.entries()) {
        telemetry.listener.on(undefined, line)
        if (index !== cut) continue
        if (what === 'a flush') {
          await telemetry.listener.forceFlush()
        } else {
          await turn()
          clock.advance(IDLE)
          await turn()
          telemetry.listener.pendingRootIds()
        }
      }
      await telemetry.listener.forceFlush()
      const metrics = await telemetry.metrics()
      const facts = (of: Metrics): string[] => of.facts(/\.age\.max$|\.held$|\.waiting$|storage\.operation/)
      expect(facts(metrics), `cut after ${cut}`).toEqual(facts(whole))
      const calls = 'storage_lock.storage.operation.duration'
      expect(metrics.count(calls)).toBe(whole.count(calls))
      expect(metrics.value('storage_lock.held') ?? 0).toBe(0)
      const ids = telemetry.spans().map((span) => span.spanContext().spanId)
      expect(ids).toHaveLength(new Set(ids).size)
      await telemetry.close()
    }
  },
)

it('still shows who waits after a flush, until long silence makes it doubtful', async () => {
  const clock = new ManualClock()
  const telemetry = createTelemetry({ clock })
  const story = new Story()
  story.lock({ busy: 1, outcome: 'unfinished' })
  await telemetry.tell(story.lines)
  clock.advance(60_000)
  const metrics = await telemetry.metrics()
  expect(metrics.value('storage_lock.waiting')).toBe(1)
  expect(metrics.value('storage_lock.wait.age.max')).toBeCloseTo(60, 1)
  clock.advance(IDLE)
  expect((await telemetry.metrics()).value('storage_lock.waiting')).toBe(0)
  await telemetry.close()
})
