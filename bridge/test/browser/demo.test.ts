import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt } from '../bridge-process.js'
import { launch, open } from './browser.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
/** `UPDATE_IMAGES=1` renews the pictures of the README. */
const IMAGES = process.env['UPDATE_IMAGES'] === undefined ? undefined : join(ROOT, 'docs/images')

let folder: string
let browser: Browser

beforeAll(async () => {
  await ensureBuilt()
  folder = mkdtempSync(join(tmpdir(), 'demo-page-'))
  browser = await launch()
})

afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A picture from the top of the page to the end of the lanes. */
async function picture(page: Page, path: string): Promise<number> {
  const lanes = await page.locator('.keys').boundingBox()
  if (lanes === null) throw new Error('the page shows no lanes')
  const height = Math.ceil(lanes.y + lanes.height + 14)
  const image = await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width: 1280, height } })
  return image.byteLength
}

describe('the demonstration', () => {
  test('draws a page on which its story is seen', async () => {
    const report = join(folder, 'contention.html')
    const demo = spawn(process.execPath, [join(ROOT, 'examples/demo/main.mjs'), '--report', report], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8' },
    })
    let told = ''
    demo.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text
    })
    expect(await once(demo, 'close')).toEqual([0, null])
    expect(told).toContain(report)

    const { page, complaints, requests, context } = await open(browser, pathToFileURL(report).href, {
      width: 1280,
    })
    const lanes = await page.locator('.label.lane').allTextContents()
    expect(lanes.toSorted()).toEqual(['anna', 'ben', 'carla', 'dora', 'emil', 'fred'])
    // The killed and the impatient, the longest wait and the slow holder.
    for (const kind of ['outlived-lease', 'failed-acquires', 'longest-wait', 'longest-hold']) {
      expect(await page.locator(`[data-kind="${kind}"]`).count(), kind).toBe(1)
    }
    expect(await page.locator('[data-kind="outlived-lease"]').textContent()).toMatch(/emil|fred/)
    expect(await page.locator('[data-kind="failed-acquires"]').textContent()).toContain('carla')
    const store = IMAGES ?? folder
    mkdirSync(store, { recursive: true })
    expect(await picture(page, join(store, 'contention.png'))).toBeGreaterThan(20_000)
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.waitForTimeout(300)
    expect(await picture(page, join(store, 'contention-dark.png'))).toBeGreaterThan(20_000)
    expect([complaints, requests]).toEqual([[], []])
    await context.close()
  })
})
