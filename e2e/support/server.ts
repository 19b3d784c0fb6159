import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A server process of the tests, with a folder of its own that goes when it stops. */
export class Server {
  readonly folder: string
  #child: ChildProcess | undefined
  #output = ''

  constructor(readonly name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `storage-lock-otel-${name}-`))
  }

  /**
   * Starts the process and waits until `ready` answers true.
   * Throws an Error with the end of its output if it exits first, or is not ready within `seconds`.
   */
  async start(
    command: string,
    args: readonly string[],
    ready: () => Promise<boolean>,
    seconds = 60,
  ): Promise<void> {
    const child = spawn(command, args, {
      cwd: this.folder,
      env: { ...process.env, TMPDIR: this.folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    let failure: Error | undefined
    child.once('error', (error) => {
      failure = error
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString('utf8')).slice(-8000)
      })
    }
    const deadline = Date.now() + seconds * 1000
    while (!(await answers(ready))) {
      if (failure !== undefined) throw new Error(`${command} could not be started: ${failure.message}`)
      if (child.exitCode !== null || Date.now() > deadline) {
        await this.stop()
        throw new Error(`${this.name} did not get ready:\n${this.#output}`)
      }
      await pause(100)
    }
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (
      child !== undefined &&
      child.exitCode === null &&
      child.signalCode === null &&
      child.pid !== undefined
    ) {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      const force = setTimeout(() => child.kill('SIGKILL'), 1000)
      await exited
      clearTimeout(force)
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** Asks again until the answer is not undefined; throws with `what` when that takes too long. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  seconds = 30,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`Not within ${seconds} s: ${what}`)
    await pause(200)
  }
}

async function answers(ready: () => Promise<boolean>): Promise<boolean> {
  try {
    return await ready()
  } catch {
    return false
  }
}
