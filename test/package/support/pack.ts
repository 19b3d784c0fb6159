import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's own folder. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** A package as `npm publish` would send it. */
export interface Packed {
  readonly name: string
  /** The tarball. */
  readonly file: string
  /** Bytes of the tarball. */
  readonly size: number
  readonly paths: readonly string[]
}

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, unknown>>
}

export function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest
}

/** Packs one of the project's packages, which has been built, into a folder. */
export function pack(folder: string, into: string): Packed {
  mkdirSync(into, { recursive: true })
  const out = npm(['pack', '--json', '--ignore-scripts', '--pack-destination', into], join(ROOT, folder))
  const answer: unknown = JSON.parse(out)
  // Newer versions of npm answer with an object, by name.
  const [packed] = Object.values(answer as object) as {
    name: string
    filename: string
    size: number
    files: { path: string }[]
  }[]
  if (packed === undefined) throw new Error(`npm pack said ${out}`)
  return {
    name: packed.name,
    file: join(into, packed.filename),
    size: packed.size,
    paths: packed.files.map(({ path }) => path),
  }
}

/** Runs npm and answers what it prints. */
export function npm(args: readonly string[], folder: string): string {
  return execFileSync('npm', [...args, '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd: folder,
    encoding: 'utf8',
    env: outsideOfNpm(),
    maxBuffer: 1 << 26,
  })
}

/** What `npm run` tells its children is about this project, not about those that the tests make. */
export function outsideOfNpm(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_)|INIT_CWD$|OTEL_)/.test(name)),
  )
}
