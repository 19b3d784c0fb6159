import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Story } from '../../../test/support/story.js'
import { linesOf, STREAMS } from '../../../test/support/streams.js'
import { launch, open, type View, type Watched } from './browser.js'
import { Reports } from './reports.js'

let browser: Browser
const reports = new Reports()
const opened: Watched[] = []

beforeAll(async () => {
  browser = await launch()
})

afterAll(async () => {
  await browser?.close()
  reports.remove()
})

async function show(address: string, view?: View): Promise<Watched> {
  const watched = await open(browser, address, view)
  opened.push(watched)
  return watched
}

const CONTENTION = linesOf('head/contention.ndjson')
const textOf = async (locator: Locator): Promise<string> => (await locator.textContent()) ?? ''
const wholeNumber = (text: string): number =>
  Number(/[\d,]+/.exec(text)?.[0]?.replaceAll(',', '') ?? Number.NaN)
/** A property of the page's state. */
const state = <T>(page: Page, path: string): Promise<T> =>
  page.evaluate(`window.contention.${path}`) as Promise<T>
const view = (page: Page): Promise<[number, number]> => state(page, 'store.view')
const length = ([from, to]: [number, number]): number => to - from
const locks = (page: Page): Promise<string[]> => page.locator('#locks tbody .choose').allTextContents()
const painted = async (page: Page): Promise<number> =>
  Number(await page.locator('#chart').getAttribute('data-painted'))

/** How many of the chart's pixels are drawn. */
function drawnPixels(page: Page): Promise<number> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector('canvas.lanes')
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    let drawn = 0
    for (let i = 3; i < data.length; i += 4) if (data[i] > 0) drawn++
    return drawn
  })()`) as Promise<number>
}

/** The sum of a column of the locks table. */
async function column(page: Page, name: string): Promise<number> {
  const texts = await page.locator(`#locks td[data-column="${name}"]`).allTextContents()
  return texts.reduce((total, text) => total + wholeNumber(text), 0)
}

/** Where an owner's hold is on the screen. */
async function placeOf(
  page: Page,
  kind: 'holds' | 'acquires',
  index: number,
): Promise<{ x: number; y: number }> {
  const { at, top } = await state<{ at: number; top: number }>(
    page,
    `(() => {
      const { store, chart } = window.contention
      const item = store.chosen[0].${kind}[${index}]
      const lane = chart.layout.lanes.find((each) => each.owner === item.owner)
      const middle = (item.start + (item.acquiredAt ?? item.end)) / 2
      return { at: (middle - store.view[0]) / (store.view[1] - store.view[0]), top: lane.top + lane.height / 2 }
    })()`.replace('(() =>', 'store && (() =>'),
  )
  const box = await page.locator('canvas.lanes').boundingBox()
  if (box === null) throw new Error('there are no lanes')
  return { x: box.x + at * box.width, y: box.y + top }
}

describe('every captured stream', () => {
  test.each(STREAMS)('%s draws, and counts as the metrics do', async (stream) => {
    const { address, metrics } = await reports.of(linesOf(stream), { source: stream })
    const { page, context, complaints, requests } = await show(address)
    const acquires = metrics.count('storage_lock.acquire.duration')
    const figure = async (id: string, part: string): Promise<number> =>
      wholeNumber(await textOf(page.locator(`[data-figure="${id}"] ${part}`)))

    expect(await textOf(page.locator('[data-figure="acquires"] dd').first())).toBe(String(acquires))
    expect(await figure('contended', '.detail')).toBe(
      metrics.count('storage_lock.acquire.duration', { 'storage_lock.contended': true }),
    )
    expect(await figure('contentions', 'dd:nth-of-type(1)')).toBe(
      metrics.value('storage_lock.contentions', { 'storage_lock.reason': 'busy' }) ?? 0,
    )
    expect(await figure('contentions', '.detail')).toBe(
      metrics.value('storage_lock.contentions', { 'storage_lock.reason': 'version_miss' }) ?? 0,
    )
    expect(await figure('losses', 'dd:nth-of-type(1)')).toBe(metrics.value('storage_lock.lease.losses') ?? 0)
    expect(await figure('losses', '.detail')).toBe(metrics.value('storage_lock.takeovers') ?? 0)
    expect(await figure('refused', 'dd:nth-of-type(1)')).toBe(
      metrics.count('storage_lock.release.duration', { 'storage_lock.outcome': 'refused' }),
    )
    expect(await figure('refused', '.detail')).toBe(metrics.count('storage_lock.release.duration'))
    expect(await column(page, 'acquires')).toBe(acquires)
    expect(await column(page, 'losses')).toBe(metrics.value('storage_lock.lease.losses') ?? 0)
    expect(await column(page, 'takeovers')).toBe(metrics.value('storage_lock.takeovers') ?? 0)
    expect(await column(page, 'failed')).toBe(
      metrics.count('storage_lock.acquire.duration', { 'storage_lock.outcome': 'timeout' }) +
        metrics.count('storage_lock.acquire.duration', { 'storage_lock.outcome': 'error' }),
    )

    if (acquires > 0) {
      expect(await drawnPixels(page)).toBeGreaterThan(500)
      await page.locator('#events summary').click()
      await expect.poll(() => page.locator('#events tbody tr').count()).toBeGreaterThan(0)
    } else expect(await page.locator('.empty').isVisible()).toBe(true)
    expect(complaints).toEqual([])
    expect(requests).toEqual([])
    await context.close()
  })
})

describe('the lanes', () => {
  let watched: Watched
  let page: Page

  beforeAll(async () => {
    const { address } = await reports.of(CONTENTION)
    watched = await show(address)
    page = watched.page
  })

  afterAll(async () => {
    expect(watched.complaints).toEqual([])
    expect(watched.requests).toEqual([])
    await watched.context.close()
  })

  test('zoom by the wheel, where the pointer is', async () => {
    const before = await view(page)
    const box = await page.locator('canvas.lanes').boundingBox()
    if (box === null) throw new Error('no lanes')
    const at = before[0] + length(before) / 4
    await page.mouse.move(box.x + box.width / 4, box.y + 20)
    await page.mouse.wheel(0, -600)
    await expect.poll(async () => length(await view(page))).toBeLessThan(length(before) * 0.8)
    const after = await view(page)
    expect(after[0] + length(after) / 4).toBeCloseTo(at, -6)
    await page.mouse.wheel(0, 6000)
    await expect.poll(() => view(page)).toEqual(before)
  })

  test('zoom and move by the keyboard', async () => {
    const before = await view(page)
    await page.locator('#chart').focus()
    await page.keyboard.press('+')
    await page.keyboard.press('+')
    const zoomed = await view(page)
    expect(length(zoomed)).toBeCloseTo(length(before) / 2.25, -2)
    await page.keyboard.press('ArrowRight')
    const moved = await view(page)
    expect(length(moved)).toBeCloseTo(length(zoomed), -2)
    expect(moved[0]).toBeGreaterThan(zoomed[0])
    await page.keyboard.press('ArrowLeft')
    expect((await view(page))[0]).toBeCloseTo(zoomed[0], -2)
    await page.keyboard.press('0')
    expect(await view(page)).toEqual(before)
  })

  test('move by dragging', async () => {
    await page.locator('#chart').focus()
    await page.keyboard.press('+')
    const before = await view(page)
    const box = await page.locator('canvas.lanes').boundingBox()
    if (box === null) throw new Error('no lanes')
    await page.mouse.move(box.x + 400, box.y + 60)
    await page.mouse.down()
    await page.mouse.move(box.x + 300, box.y + 60, { steps: 5 })
    await page.mouse.up()
    const after = await view(page)
    expect(after[0] - before[0]).toBeCloseTo((100 / box.width) * length(before), -5)
    await page.keyboard.press('0')
  })

  test('the overview leads to a moment', async () => {
    await page.getByRole('button', { name: 'Zoom in' }).click()
    await page.getByRole('button', { name: 'Zoom in' }).click()
    const box = await page.locator('canvas.overview').boundingBox()
    if (box === null) throw new Error('no overview')
    await page.mouse.click(box.x + box.width - 20, box.y + 20)
    const [, last] = await state<[number, number]>(page, 'store.extent')
    expect((await view(page))[1]).toBeCloseTo(last, -3)
    await page.getByRole('button', { name: 'Show all of the time' }).click()
  })

  test('tell what is under the pointer', async () => {
    const { x, y } = await placeOf(page, 'holds', 3)
    await page.mouse.move(x, y)
    const tooltip = page.getByRole('tooltip')
    await tooltip.waitFor()
    const text = await textOf(tooltip)
    expect(text).toContain('Held')
    expect(text).toContain('Fencing token')
    expect(text).toContain(await state<string>(page, 'store.chosen[0].holds[3].trace'))
    expect(text).toContain(await state<string>(page, 'store.chosen[0].holds[3].owner.id'))
    await page.mouse.move(0, 0)
    await expect.poll(() => tooltip.isVisible()).toBe(false)
  })

  test('a click copies the trace id and keeps what it is', async () => {
    const { x, y } = await placeOf(page, 'acquires', 1)
    await page.mouse.click(x, y)
    const trace = await state<string>(page, 'store.selected.trace')
    expect(trace).toMatch(/^[0-9a-f]{32}$/)
    await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toBe(trace)
    expect(await textOf(page.locator('#selection'))).toContain(trace)
  })

  test('the keyboard walks from event to event, lane to lane, and copies', async () => {
    await page.locator('#chart').focus()
    await page.keyboard.press('Escape')
    await page.keyboard.press('n')
    const first = await state<string>(page, 'store.selected.owner.id')
    const announced = page.locator('#announcer')
    await expect.poll(() => textOf(announced)).toContain(first)
    const start = await state<number>(page, 'store.selected.start')
    await page.keyboard.press('n')
    await page.keyboard.press('n')
    expect(await state<number>(page, 'store.selected.start')).toBeGreaterThanOrEqual(start)
    expect(await state<string>(page, 'store.selected.owner.id')).toBe(first)
    await page.keyboard.press('ArrowDown')
    const second = await state<string>(page, 'store.selected.owner.id')
    expect(second).not.toBe(first)
    await page.keyboard.press('Enter')
    const trace = await state<string>(page, 'store.selected.trace')
    await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toBe(trace)
    await page.keyboard.press('Escape')
    expect(await state(page, 'store.selected')).toBeUndefined()
  })

  test('what stands out leads to its place', async () => {
    const entry = page.locator('[data-kind="longest-wait"] button')
    await entry.click()
    const wait = await state<{ start: number; end: number }>(page, 'store.selected')
    const shown = await view(page)
    expect(shown[0]).toBeLessThanOrEqual(wait.start)
    expect(shown[1]).toBeGreaterThanOrEqual(wait.end)
    const longest = await textOf(page.locator('.figure', { hasText: 'Longest wait' }).locator('dd').first())
    expect(await textOf(entry)).toContain(longest)
    await page.keyboard.press('0')
    await page.keyboard.press('Escape')
  })

  test('the table says the same as the lanes', async () => {
    const table = page.locator('#events')
    if (!(await table.evaluate((element) => (element as unknown as { open: boolean }).open))) {
      await table.locator('summary').click()
    }
    await expect.poll(() => textOf(table.locator('[role=status]'))).toBe('1 to 50 of 144 events')
    await table.getByRole('button', { name: 'Later' }).click()
    expect(await textOf(table.locator('[role=status]'))).toBe('51 to 100 of 144 events')
    const row = table.locator('tbody tr').first()
    await row.getByRole('button', { name: 'Copy trace id' }).first().click()
    const copied = (await page.evaluate('navigator.clipboard.readText()')) as string
    expect(copied).toContain((await textOf(row.locator('code').first())).replace('…', ''))
  })

  test('who blocked whom adds up to the holds that stood in the way', async () => {
    const total = await state<number>(
      page,
      `store.chosen[0].acquires.filter((each) => each.busy + each.misses > 0).reduce((sum, each) => sum + (each.acquiredAt ?? each.end) - each.start, 0)`,
    )
    const section = page.locator('section', { hasText: 'Who blocked whom' }).last()
    expect(await textOf(section)).toContain(`All contended waiting: ${Math.round(total / 1e6)} ms`)
    const shares = await section.locator('.pairs tbody td:nth-child(4)').allTextContents()
    expect(shares.length).toBeGreaterThan(0)
  })
})

describe('the table of locks', () => {
  let watched: Watched
  let page: Page

  beforeAll(async () => {
    const { address } = await reports.of(linesOf('head/load-slice.ndjson.gz'))
    watched = await show(address)
    page = watched.page
  })

  afterAll(async () => {
    expect(watched.complaints).toEqual([])
    await watched.context.close()
  })

  test('sorts by any column, both ways, by mouse and keyboard', async () => {
    const byName = page.getByRole('button', { name: /^Lock:/ })
    await byName.click()
    const names = await locks(page)
    expect(names).toEqual(names.toSorted())
    expect(await page.locator('#locks thead th').first().getAttribute('aria-sort')).toBe('ascending')
    await page.keyboard.press('Enter')
    expect(await locks(page)).toEqual(names.toReversed())
    await page.getByRole('button', { name: /^Acquires:/ }).click()
    const counts = (await page.locator('#locks td[data-column="acquires"]').allTextContents()).map(
      wholeNumber,
    )
    expect(counts).toEqual(counts.toSorted((a, b) => b - a))
    expect(new Set(counts).size).toBeGreaterThan(1)
  })

  test('filters by name', async () => {
    await page.locator('#lock-filter').fill('-07')
    expect(await locks(page)).toEqual(['resource-07'])
    expect(await textOf(page.locator('.locks .count'))).toBe('1 of 10 locks')
    await page.locator('#lock-filter').fill('')
    expect((await locks(page)).length).toBe(10)
  })

  test('choosing a lock shows its lanes; ticking another stacks it', async () => {
    await page.getByRole('button', { name: 'resource-04', exact: true }).click()
    expect(await textOf(page.locator('#lanes-title'))).toBe('Lanes of resource-04')
    const one = await page.locator('.label.lane').count()
    await page.getByRole('checkbox', { name: 'Show the lanes of resource-07 beside others' }).check()
    expect(await textOf(page.locator('#lanes-title'))).toBe('Lanes of 2 locks')
    expect(await page.locator('.label.heading').allTextContents()).toEqual(['resource-04', 'resource-07'])
    expect(await page.locator('.label.lane').count()).toBeGreaterThan(one)
    await page.getByRole('checkbox', { name: 'Show the lanes of resource-04 beside others' }).uncheck()
    expect(await textOf(page.locator('#lanes-title'))).toBe('Lanes of resource-07')
  })

  test('hides the lanes of owners that are idle in the time shown', async () => {
    await page.getByRole('button', { name: 'resource-08', exact: true }).click()
    const all = await page.locator('.label.lane').count()
    await page.getByLabel('Hide idle').check()
    expect(await page.locator('.label.lane').count()).toBe(all)
    await page.evaluate(
      'contention.store.lookAt([contention.store.time[0], contention.store.time[0] + 20e6])',
    )
    await expect.poll(() => page.locator('.label.lane').count()).toBeLessThan(all)
    expect(await page.locator('.label.lane').count()).toBe(
      await state<number>(
        page,
        `store.chosen[0].acquires.concat(contention.store.chosen[0].holds, contention.store.chosen[0].releases).reduce((owners, item) => item.start <= contention.store.view[1] && item.end >= contention.store.view[0] ? owners.add(item.owner.id) : owners, new Set()).size`,
      ),
    )
    await page.getByLabel('Hide idle').uncheck()
    expect(await page.locator('.label.lane').count()).toBe(all)
    await page.getByRole('button', { name: 'Show all of the time' }).click()
  })

  test('orders the lanes', async () => {
    await page.getByRole('button', { name: 'resource-04', exact: true }).click()
    await page.getByLabel('Lanes by').selectOption('name')
    const owners = await page.locator('.label.lane').allTextContents()
    expect(owners).toEqual(owners.toSorted())
  })
})

describe('what others wrote stays text', () => {
  const HOSTILE = '<script>globalThis.hacked = 1</script><img src=x onerror="globalThis.hacked = 2">"&%FACTS%'

  test('ids that look like markup show as themselves', async () => {
    const lines = CONTENTION.map((line) =>
      line
        .replaceAll('order-42', JSON.stringify(`${HOSTILE}-->]]>\u2028`).slice(1, -1))
        .replaceAll('owner-05', JSON.stringify(`</script>${HOSTILE}`).slice(1, -1)),
    )
    const { address } = await reports.of(lines, { title: HOSTILE, source: HOSTILE })
    const { page, context, complaints, requests } = await show(address)
    expect((await locks(page))[0]).toContain('<script>globalThis.hacked = 1</script>')
    expect(await textOf(page.locator('h1'))).toContain('<img src=x onerror=')
    expect(await page.title()).toBe(HOSTILE)
    expect(await page.locator('.label.lane[title^="</script>"]').count()).toBe(1)
    await page.locator('#events summary').click()
    expect(await textOf(page.locator('#events tbody'))).toContain('<script>')
    const { x, y } = await placeOf(page, 'holds', 0)
    await page.mouse.move(x, y)
    expect(await textOf(page.getByRole('tooltip'))).toContain('<script>')
    expect(await page.evaluate('globalThis.hacked')).toBeUndefined()
    expect(await page.locator('#page img, #page script').count()).toBe(0)
    expect(complaints).toEqual([])
    expect(requests).toEqual([])
    await context.close()
  })

  test('ids that cannot be seen are written out, and can be chosen', async () => {
    const ids: Record<string, string> = { 'resource-01': '', 'resource-02': ' ', 'resource-03': 'a\u202eb\n' }
    const lines = linesOf('head/load-slice.ndjson.gz').map((line) =>
      line.replace(/resource-0[123]/g, (id) => JSON.stringify(ids[id]).slice(1, -1)),
    )
    const { address } = await reports.of(lines)
    const { page, context, complaints } = await show(address)
    const names = await locks(page)
    for (const name of ['(no lock id)', '␣', 'a\\u202eb\\n']) {
      expect(names).toContain(name)
      await page.locator('#locks .choose', { hasText: name }).click()
      expect(await textOf(page.locator('#lanes-title'))).toBe(`Lanes of ${name}`)
    }
    expect(complaints).toEqual([])
    await context.close()
  })

  test('long ids keep their ends, where ids of a kind differ', async () => {
    const long = `storage-lock-owner-of-some-service-${'0'.repeat(40)}`
    const lines = CONTENTION.map((line) => line.replaceAll('owner-0', `${long}-0`))
    const { address } = await reports.of(lines)
    const { page, context } = await show(address, { width: 375 })
    const label = page.locator('.label.lane').first()
    expect(await textOf(label)).toContain(long)
    const [box, tail] = [await label.boundingBox(), await label.locator('.tail').boundingBox()]
    expect(tail?.x).toBeGreaterThanOrEqual(box?.x ?? Number.NaN)
    expect((tail?.x ?? 0) + (tail?.width ?? 0)).toBeLessThanOrEqual((box?.x ?? 0) + (box?.width ?? 0))
    await context.close()
  })

  test.each(['hash', 'drop'] as const)(
    'ownerId %s: no owner id is in the file, the lanes are as many',
    async (ownerId) => {
      const { html, address } = await reports.of(CONTENTION, { recorder: { ownerId } })
      for (let index = 0; index < 6; index++) expect(html).not.toContain(`owner-0${index}`)
      const { page, context } = await show(address)
      expect(await page.locator('.label.lane').count()).toBe(6)
      await context.close()
    },
  )

  test('the page may not load anything, whatever is in it', async () => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.end('here')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const elsewhere = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { address } = await reports.of(CONTENTION)
    const { page, context } = await show(address)
    expect(await page.evaluate(`fetch('${elsewhere}/fetched').then(() => 'loaded', () => 'refused')`)).toBe(
      'refused',
    )
    await page.evaluate(
      `new Promise((done) => { const i = new Image(); i.onload = i.onerror = done; i.src = '${elsewhere}/image' })`,
    )
    await page.evaluate(
      `new Promise((done) => { const s = document.createElement('script'); s.onload = s.onerror = done; s.src = '${elsewhere}/script'; document.body.append(s) })`,
    )
    expect(asked).toEqual([])
    // The server would have told.
    expect(await (await fetch(`${elsewhere}/from-the-test`)).text()).toBe('here')
    expect(asked).toEqual(['/from-the-test'])
    await context.close()
    server.close()
  })
})

describe('traces', () => {
  test('open where the address of traces says', async () => {
    const { address } = await reports.of(CONTENTION, { traceUrl: 'http://127.0.0.1:9/trace/{traceId}' })
    const { page, context } = await show(address)
    const { x, y } = await placeOf(page, 'holds', 2)
    const [popup] = await Promise.all([context.waitForEvent('page'), page.mouse.click(x, y)])
    const trace = await state<string>(page, 'store.selected.trace')
    expect(await page.locator('#selection a').getAttribute('href')).toBe(`http://127.0.0.1:9/trace/${trace}`)
    expect(await popup.evaluate('window.opener')).toBeNull()
    await context.close()
  })
})

describe('any screen', () => {
  test.each([
    ['phone', { width: 360, height: 740, touch: true }],
    ['wide', { width: 2200, height: 1200 }],
  ] as const)('%s: nothing sticks out sideways', async (_, size) => {
    const { address } = await reports.of(linesOf('head/load-slice.ndjson.gz'))
    const { page, context, complaints } = await show(address, size)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(size.width)
    expect(await drawnPixels(page)).toBeGreaterThan(500)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('with thousands of owners, those that waited longest have a lane, and whoever is looked at', async () => {
    const story = new Story({ lockId: 'hot' })
    for (let request = 0; request < 1_500; request++) {
      story.as(`request-${request}`, () => story.unlock(story.lock({ busy: request % 3, watchDog: false })))
    }
    const { address } = await reports.of(story.lines.map((event) => JSON.stringify(event)))
    const { page, context, complaints } = await show(address)
    await expect.poll(() => page.locator('.label.lane').count()).toBe(500)
    expect(await textOf(page.locator('.chart .notice'))).toContain('1,000 more owners')
    await page.evaluate('contention.store.select(contention.store.chosen[0].acquires[0])')
    await expect.poll(() => page.locator('.label.lane', { hasText: 'request-0' }).count()).toBe(1)
    const whole = await view(page)
    await page.evaluate(`contention.store.lookAt([${whole[0]}, ${whole[0] + length(whole) / 10}])`)
    await expect.poll(() => page.locator('.chart .notice').isVisible()).toBe(false)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('touch: a tap selects and does not copy', async () => {
    const { address } = await reports.of(CONTENTION)
    const { page, context } = await show(address, { width: 390, touch: true })
    await page.evaluate(`navigator.clipboard.writeText('untouched')`)
    const lanes = page.locator('canvas.lanes')
    await lanes.scrollIntoViewIfNeeded()
    const { x, y } = await placeOf(page, 'holds', 0)
    await page.touchscreen.tap(x, y)
    await expect.poll(() => textOf(page.locator('#selection'))).toContain('Trace')
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('untouched')
    await context.close()
  })

  test('dark and light are drawn in their own colours', async () => {
    const { address } = await reports.of(CONTENTION)
    const { page, context } = await show(address, { dark: true })
    const before = await painted(page)
    const dark = await page.locator('body').evaluate('getComputedStyle(document.body).backgroundColor')
    await page.emulateMedia({ colorScheme: 'light' })
    await expect.poll(() => painted(page)).toBeGreaterThan(before)
    expect(await page.locator('body').evaluate('getComputedStyle(document.body).backgroundColor')).not.toBe(
      dark,
    )
    await context.close()
  })

  test('printed, it shows all lanes on white', async () => {
    const { address } = await reports.of(linesOf('head/load-slice.ndjson.gz'))
    const { page, context } = await show(address, { dark: true })
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    await expect
      .poll(() =>
        page.evaluate(
          `document.querySelector('canvas.lanes').clientHeight >= window.contention.chart.layout.height - 1`,
        ),
      )
      .toBe(true)
    // A landscape page of A4 within its margins.
    await page.setViewportSize({ width: 1031, height: 700 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(1031)
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)')
    expect((await page.pdf()).byteLength).toBeGreaterThan(10_000)
    await context.close()
  })
})
