import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunningBridge } from './bridge.js'
import { buildGo, GO_SERVICE } from './go.js'

/** One attempt to lock, by the Go program's own clock; all durations in seconds. */
export interface Cycle {
  readonly lock_id: string
  readonly owner_id: string
  readonly outcome: 'acquired' | 'timeout'
  /** Nanoseconds since 1970, to a microsecond or so: the number has lost its last digits. */
  readonly lock_called: number
  readonly wait_seconds: number
  readonly held_seconds: number
  readonly release_seconds: number
}

/** What the Go program measured of itself. */
export interface Report {
  readonly storage_name: string
  readonly locks_created: number
  readonly cycles: readonly Cycle[]
  /** By operation: Get, GetTime, CreateWithVersion, UpdateWithVersion. */
  readonly storage_calls: Readonly<Record<string, number>>
  readonly events: number
  readonly log_lines: number
}

/** Runs the Go service into the bridge's standard input, and gives its report once it has exited. */
export async function runGoService(args: readonly string[], bridge: RunningBridge): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'storage-lock-otel-go-'))
  try {
    const file = join(folder, 'report.json')
    const child = spawn(buildGo(GO_SERVICE), [...args, '-report', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit') as Promise<[number | null]>
    for await (const chunk of child.stdout) await bridge.write(chunk as Buffer)
    const [status] = await exited
    if (status !== 0) throw new Error(`the Go service exited with ${status}`)
    return JSON.parse(readFileSync(file, 'utf8')) as Report
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
