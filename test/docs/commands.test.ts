import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseCommand } from '../../bridge/src/cli/options.js'
import { OtlpReceiver } from '../support/otlp-receiver.js'
import { type Block, blocks, ROOT } from './support/blocks.js'

const BRIDGE = 'storage-lock-otel-bridge'
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}
/** Blocks of commands; what has no language is commands where it begins like one. */
const commands = blocks('sh', '').filter(
  ({ language, code }) => language === 'sh' || /^(npm|npx|node) /.test(code),
)
const titled = commands.map((block): [string, Block] => [`${block.page}:${block.line}`, block])

/** The commands of a block, one by one; lines that are continued are joined, comments left out. */
const linesOf = (code: string): string[] =>
  code
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '')

describe.each(titled)('the commands at %s', (_title, block) => {
  it('are what a shell understands', () => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: block.code, encoding: 'utf8' })
    expect(status, stderr).toBe(0)
  })

  it('run scripts and files that there are', () => {
    for (const [, script] of block.code.matchAll(/npm (?:run (?:--silent )?|(?=test|start))([\w:-]+)/g)) {
      expect(scripts).toHaveProperty([script ?? ''])
    }
    for (const [, file] of block.code.matchAll(/\bnode ([\w./-]+\.m?js)/g)) {
      const built = file?.startsWith('bridge/dist/') === true
      expect(built || existsSync(join(ROOT, file ?? '')), file).toBe(true)
    }
  })

  it('give the bridge options that it has', () => {
    for (const line of linesOf(block.code)) {
      for (const part of line.split(/\||&&|;/)) {
        const [, words] = new RegExp(`(?:^|\\s)${BRIDGE}(?:\\s+(.*))?$`).exec(part.trim()) ?? []
        if (words === undefined || /\bnpm install\b/.test(part)) continue
        expect(() => parseCommand(words.split(/\s+/)), part).not.toThrow()
      }
    }
  })
})

/** Commands that end by themselves and need nothing that a test cannot give. */
const runnable = titled.filter(
  ([, { page, code }]) => code.includes(BRIDGE) && !page.startsWith('examples/go'),
)

describe('the commands that start the bridge', () => {
  let folder: string
  let receiver: OtlpReceiver

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'storage-lock-otel-docs-'))
    receiver = await OtlpReceiver.start()
    const stream = readFileSync(join(ROOT, 'test/fixtures/streams/head/uncontended.ndjson'))
    writeFileSync(join(folder, 'events.ndjson'), stream)
    for (const name of ['events.ndjson.gz', 'old.log.gz']) writeFileSync(join(folder, name), gzipSync(stream))
    copyFileSync(join(folder, 'events.ndjson'), join(folder, 'orders.log'))
    const program = (path: string, text: string): void => {
      writeFileSync(join(folder, path), `#!/bin/sh\n${text}\n`)
      chmodSync(join(folder, path), 0o755)
    }
    mkdirSync(join(folder, 'bin'))
    const service = `echo listening\ncat "${join(folder, 'events.ndjson')}"`
    for (const path of ['orders', 'bin/service']) program(path, service)
    program(`bin/${BRIDGE}`, `exec "${process.execPath}" "${join(ROOT, 'bridge/dist/main.js')}" "$@"`)
  })

  afterEach(async () => {
    await receiver.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each(runnable)('do what they say: %s', async (_title, block) => {
    const lines = linesOf(block.code)
      // Installing is for the tests of the package; a bridge that follows files or serves a page never ends.
      .filter((line) => !line.startsWith('npm ') && !/--(follow|ui)|\s-f\s/.test(line))
      .map((line) => line.replaceAll('http://localhost:4318', receiver.endpoint))
    const path = `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`
    const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', lines.join('\n')], {
      cwd: folder,
      env: { PATH: path, HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk
      })
    }
    const status = await new Promise((resolve) => child.once('close', resolve))
    expect(status, output).toBe(0)
    if (lines.some((line) => line.startsWith('./orders '))) expect(output).toContain('listening\n')
    if (lines.some((line) => line.includes('OTEL_EXPORTER_OTLP_ENDPOINT=')))
      expect([...receiver.spansById.values()].map((span) => span.name)).toContain('StorageLock.Lock')
    if (lines.some((line) => line.includes('--print'))) expect(output).toContain('StorageLock.Lock')
  })
})
