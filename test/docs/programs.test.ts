import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { type Block, blocks, ROOT } from './support/blocks.js'

const cache = join(ROOT, 'node_modules/.cache')
mkdirSync(cache, { recursive: true })
/** Below node_modules, so that the programs find the libraries that they import. */
const folder = mkdtempSync(join(cache, 'storage-lock-otel-docs-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a page's text has introduced before its program begins. */
const INTRODUCED: Readonly<Record<string, string>> = {
  client: "import { Redis } from 'ioredis'\ndeclare const client: Redis",
}

/** The block as a module that keeps the block's lines: what was introduced stands at its end. */
function moduleOf(block: Block): string {
  const introduced = Object.entries(INTRODUCED)
    .filter(([name]) => new RegExp(`\\b${name}\\b`).test(block.code))
    .map(([, text]) => text)
  return `${block.code}\n${introduced.join('\n')}\nexport {}\n`
}

it('shows programs that the compiler takes', () => {
  const programs = blocks('ts', 'js')
  expect(programs.length).toBeGreaterThan(5)
  const placeOf = new Map<string, Block>()
  for (const block of programs) {
    const name = `${block.page.replace(/\W+/g, '-')}-${block.line}.mts`
    placeOf.set(name, block)
    writeFileSync(join(folder, name), moduleOf(block))
  }
  const config = join(folder, 'tsconfig.json')
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.base.json'),
      compilerOptions: {
        noEmit: true,
        // What a program shows need not be used in it.
        noUnusedLocals: false,
        typeRoots: [join(ROOT, 'node_modules/@types')],
        paths: {
          'storage-lock-otel': [join(ROOT, 'src/index.ts')],
          'storage-lock-otel/*': [join(ROOT, 'src/bindings/*.ts')],
          // Its "exports" do not name its declarations.
          redlock: [join(ROOT, 'node_modules/redlock/dist/index.d.ts')],
        },
      },
      include: ['*.mts'],
    }),
  )
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', config, '--pretty', 'false'], {
    cwd: dirname(config),
    encoding: 'utf8',
  })
  // Complaints about the sources are the type checker's own business.
  const complaints = [...stdout.matchAll(/^(\S+\.mts)\((\d+),.*$/gm)].map(([text, name = '', row]) => {
    const { page, line } = placeOf.get(name) as Block
    return text.replace(/^[^,]*/, `${page}(${line - 1 + Number(row)}`)
  })
  expect(complaints).toEqual([])
})
