import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where built binaries are kept between runs: outside the work tree, under the user's cache. */
export function cacheFolder(...names: string[]): string {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  const folder = join(base, 'storage-lock-otel', ...names)
  mkdirSync(folder, { recursive: true })
  return folder
}
