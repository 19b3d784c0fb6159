import type { Browser, Page } from 'playwright-core'
import { ContentionRecorder, eventFromJson } from 'storage-lock-otel'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Story } from '../../../test/support/story.js'
import { linesOf } from '../../../test/support/streams.js'
import { createTelemetry, type Telemetry } from '../../../test/support/telemetry.js'
import { LiveReport } from '../../src/report/live.js'
import { launch, open } from './browser.js'

const LINES = linesOf('head/contention.ndjson')
const eventsOf = (lines: readonly string[]) => lines.map((line) => eventFromJson(line))
/** As if what follows was published by others, `copy` seconds later. */
const copied = (copy: number): string[] =>
  LINES.map((line) =>
    line
      .replace(
        /(storage-lock-event-)([0-9a-f]{8})/g,
        (_, prefix: string) => prefix + copy.toString(16).padStart(8, 'a'),
      )
      .replace(
        /09:34:4(\d)/g,
        (_, digit: string) =>
          `09:3${5 + Math.floor(copy / 60)}:${String((copy + Number(digit)) % 60).padStart(2, '0')}`,
      ),
  )
const SLOW = { timeout: 15_000 }

let browser: Browser
let recorder: ContentionRecorder
let telemetry: Telemetry
let live: LiveReport
let address: string

beforeAll(async () => {
  browser = await launch()
})

afterAll(() => browser?.close())

beforeEach(async () => {
  recorder = new ContentionRecorder({ facts: 400 })
  telemetry = createTelemetry({ observer: recorder })
  live = new LiveReport(recorder, { title: 'Live' })
  address = await live.listen('127.0.0.1', 0)
})

afterEach(async () => {
  await live.close()
  await telemetry.close()
})

const acquires = async (page: Page): Promise<string | null> =>
  page.locator('[data-figure="acquires"] dd').first().textContent()
const facts = (page: Page): Promise<number> =>
  page.evaluate(
    'contention.store.model.locks.reduce((sum, lock) => sum + lock.acquires.length + lock.holds.length + lock.releases.length, 0)',
  ) as Promise<number>

describe('the live page', () => {
  test('begins empty and follows what happens', async () => {
    const { page, context, complaints, requests } = await open(browser, address)
    expect(await page.locator('.empty').isVisible()).toBe(true)
    await expect.poll(() => page.locator('.status').textContent(), SLOW).toBe('live')
    await telemetry.tell(eventsOf(LINES))
    await expect.poll(() => page.locator('.label.lane').count(), SLOW).toBe(6)
    await telemetry.tell(eventsOf(copied(1)))
    await expect.poll(() => acquires(page), SLOW).toBe('96')
    const [, last] = (await page.evaluate('contention.store.view')) as [number, number]
    expect(last).toBe(await page.evaluate('contention.store.extent[1]'))
    expect(complaints).toEqual([])
    expect(requests.every((request) => request.startsWith(`${address}facts?`))).toBe(true)
    await context.close()
  })

  test('whoever looks at the past is not carried away, until they follow again', async () => {
    await telemetry.tell(eventsOf(LINES))
    const { page, context } = await open(browser, address)
    await expect.poll(() => acquires(page), SLOW).toBe('48')
    await page.evaluate('contention.store.lookAt([10e6, 60e6])')
    await telemetry.tell(eventsOf(copied(1)))
    await expect.poll(() => acquires(page), SLOW).toBe('96')
    expect(await page.evaluate('contention.store.view')).toEqual([10e6, 60e6])
    await page.getByRole('button', { name: 'Follow' }).click()
    expect(await page.evaluate('contention.store.view')).toEqual(
      await page.evaluate('contention.store.extent'),
    )
    await context.close()
  })

  test('keeps the focus, the filter and the order while news arrive', async () => {
    await telemetry.tell(eventsOf(LINES))
    const { page, context } = await open(browser, address)
    await expect.poll(() => acquires(page), SLOW).toBe('48')
    await page.getByRole('button', { name: /^Acquires:/ }).click()
    await telemetry.tell(eventsOf(copied(2)))
    await expect.poll(() => acquires(page), SLOW).toBe('96')
    expect(await page.evaluate('document.activeElement.dataset.key')).toBe('sort acquires')
    expect(await page.locator('th[aria-sort="descending"]').textContent()).toBe('Acquires')
    await context.close()
  })

  test('what is selected stays what it is while it goes on, and when it is over', async () => {
    const story = new Story({ lockId: 'long-job' })
    const held = story.lock()
    const { page, context } = await open(browser, address)
    await telemetry.tell(story.lines.splice(0))
    await expect.poll(() => page.locator('.label.lane').count(), SLOW).toBe(1)
    const select = `contention.store.select(contention.store.chosen[0].holds[0])`
    await page.evaluate(select)
    const how = (): Promise<unknown> =>
      page.evaluate(`(({ selected, chosen }) =>
        chosen[0].holds.includes(selected) ? selected.how : 'gone')(contention.store)`)
    expect(await how()).toBe('held')
    story.wait(5)
    story.as('owner-B', () => story.lock({ busy: 1, outcome: 'timeout' }))
    await telemetry.tell(story.lines.splice(0))
    await expect.poll(() => page.locator('.label.lane').count(), SLOW).toBe(2)
    expect(await how()).toBe('held')
    expect(await page.locator('#selection').textContent()).toContain('Held so far5')
    story.unlock(held)
    await telemetry.tell(story.lines.splice(0))
    await expect.poll(how, SLOW).toBe('released')
    await context.close()
  })

  test('many tabs are all kept up to date', async () => {
    const context = await browser.newContext()
    const tabs = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const page = await context.newPage()
        await page.goto(address)
        return page
      }),
    )
    await telemetry.tell(eventsOf(LINES))
    for (const tab of tabs) await expect.poll(() => acquires(tab), SLOW).toBe('48')
    await context.close()
  })

  test('a tab that sleeps asks nothing, and catches up when it wakes, though the window moved on', async () => {
    const { page, context, requests } = await open(browser, address)
    await telemetry.tell(eventsOf(LINES))
    await expect.poll(() => acquires(page), SLOW).toBe('48')
    const sleep = (state: string) =>
      page.evaluate(
        `Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => '${state}' }); document.dispatchEvent(new Event('visibilitychange'))`,
      )
    await sleep('hidden')
    await page.waitForTimeout(1500)
    const asked = requests.length
    for (let copy = 3; copy < 12; copy++) await telemetry.tell(eventsOf(copied(copy)))
    await page.waitForTimeout(2500)
    expect(requests.length).toBe(asked)
    await sleep('visible')
    await expect.poll(() => page.evaluate('contention.store.model.seq'), SLOW).toBe(recorder.seq)
    expect(await facts(page)).toBe(400)
    await context.close()
  })

  test('what the page keeps is bounded by the window', async () => {
    const { page, context } = await open(browser, address)
    for (let copy = 0; copy < 10; copy++) {
      await telemetry.tell(eventsOf(copied(copy)))
      await expect.poll(() => page.evaluate('contention.store.model.seq'), SLOW).toBe(recorder.seq)
      expect(await facts(page)).toBeLessThanOrEqual(400)
    }
    await context.close()
  })

  test('says when the bridge is gone, and begins anew with the next one', async () => {
    const { page, context } = await open(browser, address)
    await telemetry.tell(eventsOf(LINES))
    await expect.poll(() => acquires(page), SLOW).toBe('48')
    await live.close()
    await expect.poll(() => page.locator('.status').textContent(), SLOW).toBe('the bridge does not answer')
    const other = new ContentionRecorder()
    const heard = createTelemetry({ observer: other })
    await heard.tell(eventsOf(linesOf('head/expired.ndjson')))
    live = new LiveReport(other)
    await live.listen('127.0.0.1', Number(new URL(address).port))
    await expect.poll(() => acquires(page), { timeout: 40_000 }).toBe('2')
    expect(await page.locator('#locks tbody tr').count()).toBe(1)
    await heard.close()
    await context.close()
  })

  test('pauses when told to', async () => {
    const { page, context } = await open(browser, address)
    await expect.poll(() => page.locator('.status').textContent(), SLOW).toBe('live')
    await page.getByRole('button', { name: 'Pause' }).click()
    await telemetry.tell(eventsOf(LINES))
    await page.waitForTimeout(1500)
    expect(await acquires(page)).toBe('0')
    await page.getByRole('button', { name: 'Go on' }).click()
    await expect.poll(() => acquires(page), SLOW).toBe('48')
    await context.close()
  })
})
