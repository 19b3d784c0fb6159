// How the contention page fares with 150,000 lines: the time and size of the report beside a run for metrics
// only, how soon Chromium shows it, and how long its frames take while it is dragged and zoomed.
//
//   npm run build && node bench/contention-page.mjs
//   npm run build && node bench/contention-page.mjs --live
//
// With --live: how fast the bridge reads its stdin with a live page that a browser looks at, beside without one,
// and what the page keeps.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { copyText, streamLines } from './support/streams.mjs'

const LINES = 150_000
const LOCKS = 10
const OWNERS = 20
const RUNS = 5
const BRIDGE = fileURLToPath(new URL('../bridge/dist/main.js', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'contention-bench-'))
try {
  const events = join(folder, 'events.ndjson')
  const lines = writeEvents(events)
  if (process.argv.includes('--live')) await compareLive(events, lines)
  else await compareReport(events, lines)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function compareReport(events, lines) {
  const page = join(folder, 'report.html')
  const environment = { ...process.env, OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' }
  const metricsOnly = []
  const report = []
  // In turns, so that whatever else the machine does falls on both.
  for (let run = 0; run < RUNS; run++) {
    metricsOnly.push(timed(['--prometheus', '0', '--quiet', events], environment))
    report.push(timed(['report', '--quiet', '--output', page, events], environment))
  }
  const ratio = median(report) / median(metricsOnly)
  console.log(
    `${lines.toLocaleString('en')} lines, ${LOCKS} locks, ${OWNERS} owners; medians of ${RUNS} runs`,
  )
  row('metrics only', `${median(metricsOnly).toFixed(2)} s`)
  row('report', `${median(report).toFixed(2)} s`, `${ratio.toFixed(2)} of it`, ratio <= 1.3)
  const megabytes = statSync(page).size / 1e6
  row('size', `${megabytes.toFixed(2)} MB`, '', megabytes < 5)
  await look(page)
}

/** In turns: the bridge behind a pipe alone, and with its page open in a browser. */
async function compareLive(events, lines) {
  const chunks = [0, 1, 2].map((serial) => later(readFileSync(events, 'utf8'), serial))
  const plain = []
  const live = []
  for (let run = 0; run < 3; run++) {
    plain.push(await piped(chunks, ['--prometheus', '0']))
    live.push(await piped(chunks, ['--prometheus', '0', '--ui', '0']))
  }
  const speed = (runs) => (lines * chunks.length) / median(runs.map((each) => each.seconds))
  const ratio = speed(live) / speed(plain)
  console.log(`${(lines * chunks.length).toLocaleString('en')} lines through a pipe; medians of 3 runs`)
  row('without page', `${Math.round(speed(plain))}/s`)
  row('with page', `${Math.round(speed(live))}/s`, `${ratio.toFixed(2)} of it`, ratio >= 0.9)
  const heap = Math.max(...live.map((each) => each.heap))
  row('heap of tab', `${Math.round(heap / 1e6)} MB`, '', heap < 200e6)
}

/** The same events from another time of day, with ids of their own. */
function later(text, serial) {
  return text
    .replace(/(storage-lock-event-)[0-9a-f]/g, `$1${serial.toString(16)}`)
    .replace(/T09:3(\d):/g, `T1${serial}:3$1:`)
}

async function piped(chunks, args) {
  const env = { ...process.env, OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' }
  const bridge = spawn(process.execPath, [BRIDGE, ...args], { env, stdio: ['pipe', 'ignore', 'pipe'] })
  let said = ''
  bridge.stderr.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  while (!said.includes('/metrics')) await new Promise((resolve) => setTimeout(resolve, 50))
  const address = /serving (\S+:\d+\/)\n/.exec(said)?.[1]
  const browser = address === undefined ? undefined : await launch()
  const page = await browser?.newPage({ viewport: { width: 1440, height: 900 } })
  await page?.goto(address)
  const ended = once(bridge, 'exit')
  const began = performance.now()
  for (const chunk of chunks) {
    if (!bridge.stdin.write(chunk)) await once(bridge.stdin, 'drain')
  }
  bridge.stdin.end()
  await ended
  const seconds = (performance.now() - began) / 1000
  const heap = (await page?.evaluate('performance.memory.usedJSHeapSize')) ?? 0
  await browser?.close()
  return { seconds, heap }
}

function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--enable-precise-memory-info',
    ],
  })
}

/** Copies of a captured stream, spread over locks and owners. */
function writeEvents(path) {
  const stream = streamLines('contention.ndjson').join('\n')
  const count = stream.split('\n').length
  const parts = []
  for (let copy = 0; copy * count < LINES; copy++) {
    const text = stream
      .replaceAll('order-42', `order-${copy % LOCKS}`)
      .replace(/owner-0(\d)/g, (_, digit) => `owner-${(Number(digit) * 3 + copy * 7) % OWNERS}`)
    parts.push(copyText(text, copy, Math.floor(copy / LOCKS)))
  }
  writeFileSync(path, `${parts.join('\n')}\n`)
  return parts.length * count
}

function timed(args, env) {
  const began = performance.now()
  execFileSync(process.execPath, [BRIDGE, ...args], { env, stdio: 'ignore' })
  return (performance.now() - began) / 1000
}

/** Opens the page and moves it about as a reader would, without a graphics card. */
async function look(path) {
  const browser = await launch()
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await page.goto('about:blank')
    const began = performance.now()
    await page.goto(pathToFileURL(path).href)
    await page.waitForSelector('#chart[data-painted]')
    const opened = (performance.now() - began) / 1000
    row('opens in', `${opened.toFixed(2)} s`, '', opened < 2)
    // All ten locks below each other: the most there is to draw.
    await page.evaluate('contention.store.choose(contention.store.stats.map((each) => each.lock))')
    await page.locator('canvas.lanes').scrollIntoViewIfNeeded()
    await page.evaluate(`
      window.frames = []
      window.paints = []
      let last = performance.now()
      const tick = (now) => {
        frames.push(now - last)
        paints.push(contention.chart.lastPaint)
        last = now
        requestAnimationFrame(tick)
      }
      requestAnimationFrame(tick)
    `)
    const box = await page.locator('canvas.lanes').boundingBox()
    const y = box.y + 60
    for (let round = 0; round < 6; round++) {
      await page.mouse.move(box.x + box.width / 2, y)
      await page.mouse.wheel(0, round < 4 ? -400 : 500)
      await page.mouse.down()
      for (let step = 0; step < 40; step++) {
        await page.mouse.move(box.x + box.width / 2 + Math.sin(step / 6) * 400, y)
      }
      await page.mouse.up()
    }
    const { frames, paints } = await page.evaluate('({ frames, paints })')
    const worst = quantile(frames.slice(2), 0.95)
    row('frame p50', `${median(frames).toFixed(1)} ms`)
    row('frame p95', `${worst.toFixed(1)} ms`, '', worst < 50)
    row('drawing p95', `${quantile(paints, 0.95).toFixed(1)} ms`, '', quantile(paints, 0.95) < 16)
  } finally {
    await browser.close()
  }
}

function row(name, value, note = '', good) {
  if (good === false) process.exitCode = 1
  console.log(
    `  ${name.padEnd(14)} ${value.padStart(9)}  ${note}${good === undefined ? '' : good ? '  ok' : '  TOO MUCH'}`,
  )
}

function quantile(values, part) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)]
}

function median(values) {
  return quantile(values, 0.5)
}
