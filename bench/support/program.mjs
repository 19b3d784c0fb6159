import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const USAGE = new URL('./usage.mjs', import.meta.url)

/** A folder that goes when the process ends. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'storage-lock-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * Runs a program to its end.
 *
 * @param input what its stdin is, a stream
 * @returns milliseconds of processor time and on the wall, the most memory it had, in bytes, and its stdout
 */
export async function runProgram(folder, script, args, { env = {}, input } = {}) {
  const usage = join(folder, `usage-${process.hrtime.bigint()}.json`)
  const child = spawn(
    process.execPath,
    ['--import', USAGE.href, script instanceof URL ? fileURLToPath(script) : script, ...args],
    {
      env: { ...process.env, NODE_OPTIONS: '', ...env, BENCH_USAGE: usage },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    },
  )
  input?.pipe(child.stdin)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${stderr.slice(0, 2000)}`)
  const used = JSON.parse(readFileSync(usage, 'utf8'))
  rmSync(usage)
  return { ...used, stdout }
}
