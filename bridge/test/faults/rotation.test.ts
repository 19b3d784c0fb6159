import { appendFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { linesOf, random } from '../../../test/support/streams.js'
import { summaryOf } from '../bridge-process.js'
import { baselineOf, contents, eventually, figure, LONG, pause, useBench } from './support.js'

const bench = useBench()
const STREAM = 'head/contention.ndjson'

/** Events that the bridge has taken in, by its own metrics. */
async function eventsRead(url: string): Promise<number> {
  const text = await (await fetch(url)).text()
  const values = [...text.matchAll(/^storage_lock_listener_events[^{\n]*\{[^}]*\} (\d+)/gm)]
  return values.reduce((sum, match) => sum + Number(match[1]), 0)
}

it('a log that is rotated several times while the collector is away is read in full, in its order', async () => {
  const path = join(bench.directory, 'service.log')
  const lines = linesOf(STREAM)
  bench.receiver.behaviour = 'hang'
  const bridge = bench.start(['--follow', '--summary=json', path], {
    OTEL_BSP_MAX_QUEUE_SIZE: '200',
    OTEL_METRICS_EXPORTER: 'none',
  })
  const files = 5
  for (let file = 0; file < files; file++) {
    const part = lines.slice(
      Math.floor((lines.length * file) / files),
      Math.floor((lines.length * (file + 1)) / files),
    )
    if (file > 0) await rename(path, `${path}.${file}`)
    await writeFile(path, `${part.join('\n')}\n`)
    if (file === 0) await bench.receiver.until(() => bench.receiver.requests.size > 0)
    await pause(600)
  }
  bench.receiver.behaviour = 'ok'
  const baseline = await baselineOf(STREAM)
  await eventually(() => bench.receiver.spansById.size >= baseline.size)
  bridge.signal('SIGTERM')
  const result = await bridge.finished
  expect(result.code).toBe(0)
  expect(summaryOf(result).lines).toMatchObject({ events: lines.length, broken: 0 })
  expect(contents(bench.receiver)).toEqual(baseline)
  figure('rotated while the collector is away', { rotations: files - 1, events: lines.length, lost: 0 })
})

it.each([1, 2])(
  'a followed file is cut, rotated, truncated and removed at random: every event is read once (%i)',
  async (seed) => {
    const path = join(bench.directory, 'service.log')
    const lines = linesOf(STREAM)
    const next = random(seed)
    const bridge = bench.start(['--follow', '--summary=json', '--prometheus=0', path])
    const told = (what: string): number => bridge.stderr.split(what).length - 1
    await eventually(() => /serving (http:\S+)/.test(bridge.stderr))
    const url = /serving (http:\S+)/.exec(bridge.stderr)![1]!
    const counts = { appends: 0, rotations: 0, truncations: 0, removals: 0 }
    const faults = LONG ? 60 : 12
    let written = 0
    await writeFile(path, '')
    for (let fault = 1; fault <= faults; fault++) {
      const upTo = Math.floor((lines.length * fault) / faults)
      const before = written
      while (written < upTo) {
        const count = Math.min(upTo - written, 1 + Math.floor(next() * 80))
        const text = `${lines.slice(written, written + count).join('\n')}\n`
        const cut = Math.floor(next() * text.length)
        await appendFile(path, text.slice(0, cut))
        if (next() < 0.3) await pause(next() * 60)
        await appendFile(path, text.slice(cut))
        written += count
        counts.appends += 2
      }
      // A file that no look has seen could not be known to have been there.
      await eventually(async () => (await eventsRead(url)) > before)
      const choice = next()
      if (choice < 0.4) {
        await rename(path, `${path}.${fault}`)
        counts.rotations++
        if (next() < 0.5) await pause(next() * 400)
        await writeFile(path, '')
      } else {
        // What was not read yet is lost with the file: whoever truncates or removes has to wait.
        await eventually(async () => (await eventsRead(url)) === written)
        if (choice < 0.7) {
          await truncate(path)
          counts.truncations++
        } else {
          await rm(path)
          counts.removals++
          if (next() < 0.5) await pause(next() * 400)
          await writeFile(path, '')
        }
      }
      // Rotated twice, or truncated and written to, within a look: nobody could tell. Nobody does so that often.
      await eventually(
        () =>
          told('was truncated') === counts.truncations &&
          told('was replaced') === counts.rotations + counts.removals,
      )
    }
    await eventually(async () => (await eventsRead(url)) === written)
    bridge.signal('SIGTERM')
    const result = await bridge.finished
    expect(result.code).toBe(0)
    expect(summaryOf(result).lines).toMatchObject({
      lines: lines.length,
      events: lines.length,
      broken: 0,
      other: 0,
    })
    expect(contents(bench.receiver)).toEqual(await baselineOf(STREAM))
    figure('followed file', { ...counts, events: lines.length, lost: 0 })
  },
)
