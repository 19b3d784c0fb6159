import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './blocks.js'

/** A program that is shown somewhere, made a module that keeps its lines. */
export interface Shown {
  readonly page: string
  /** The line of the page on which it begins, counted from 1. */
  readonly line: number
  readonly code: string
}

/** What the compiler says of programs, each as a module of its own, by their places in their pages. */
export function complaintsAbout(programs: readonly Shown[]): string[] {
  const cache = join(ROOT, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  // Below node_modules, so that the programs find the libraries that they import.
  const folder = mkdtempSync(join(cache, 'storage-lock-otel-docs-'))
  try {
    const placeOf = new Map<string, Shown>()
    for (const program of programs) {
      const name = `${program.page.replace(/\W+/g, '-')}-${program.line}.mts`
      placeOf.set(name, program)
      writeFileSync(join(folder, name), `${program.code}\nexport {}\n`)
    }
    const config = join(folder, 'tsconfig.json')
    writeFileSync(config, JSON.stringify(CONFIGURATION))
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', config, '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    })
    // Complaints about the sources are the type checker's own business.
    return [...stdout.matchAll(/^(\S+\.mts)\((\d+),.*$/gm)].map(([text, name = '', row]) => {
      const { page, line } = placeOf.get(name) as Shown
      return text.replace(/^[^,]*/, `${page}(${line - 1 + Number(row)}`)
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const CONFIGURATION = {
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
}
