import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** The built command line. */
export const MAIN = join(ROOT, 'bridge/dist/main.js')
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')

/** Time for a build by another test file, in ms. */
const BUILD_MS = 120_000

function newest(folder: string): number {
  let time = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    time = Math.max(time, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs)
  }
  return time
}

const isBuilt = (output: string, sources: string): boolean =>
  existsSync(output) && statSync(output).mtimeMs >= newest(sources)

function build(config: string, output: string, sources: string): void {
  if (isBuilt(output, sources)) return
  try {
    execFileSync(process.execPath, [TSC, '-p', join(ROOT, config)], { cwd: ROOT, stdio: 'pipe' })
  } catch (error) {
    // Types that do not fit are for the type check to tell; what was written runs.
    if (!isBuilt(output, sources)) throw new Error(String((error as { stdout?: Buffer }).stdout))
  }
}

/** Builds the library and the command line unless they are newer than their sources. One test file builds at a time. */
export async function ensureBuilt(): Promise<void> {
  const lock = join(tmpdir(), `storage-lock-otel-build-${ROOT.replace(/\W+/g, '-')}`)
  const deadline = performance.now() + BUILD_MS
  for (;;) {
    try {
      mkdirSync(lock)
      break
    } catch {
      if (performance.now() > deadline) rmSync(lock, { recursive: true, force: true })
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  try {
    build('tsconfig.build.json', join(ROOT, 'dist/esm/index.js'), join(ROOT, 'src'))
    build('bridge/tsconfig.build.json', MAIN, join(ROOT, 'bridge/src'))
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

export interface RunOptions {
  /** Written to stdin, which is then closed; left out, stdin is empty. */
  readonly input?: string | Buffer
  readonly env?: Readonly<Record<string, string>>
}

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** The bridge's command line as a process. */
export class BridgeProcess {
  readonly child: ChildProcessWithoutNullStreams
  readonly finished: Promise<Finished>
  readonly #stdout: Buffer[] = []
  #stderr = ''
  #waiters: { text: string; resolve: () => void }[] = []

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [MAIN, ...args], {
      // Nothing of the settings of whoever runs the tests.
      env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ...env },
    })
    // A process that has ended takes no more; that is for the test to judge.
    this.child.stdin.on('error', () => undefined)
    this.child.stdout.on('data', (chunk: Buffer) => this.#stdout.push(chunk))
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString()
      this.#waiters = this.#waiters.filter(({ text, resolve }) => {
        if (!this.#stderr.includes(text)) return true
        resolve()
        return false
      })
    })
    this.finished = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.#stderr })
      })
    })
  }

  get stdout(): Buffer {
    return Buffer.concat(this.#stdout)
  }

  get stderr(): string {
    return this.#stderr
  }

  /** Resolves when the text stands in stderr. */
  says(text: string): Promise<void> {
    if (this.#stderr.includes(text)) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push({ text, resolve }))
  }

  /** Writes to stdin; resolves when the process took it. */
  async feed(input: string | Buffer): Promise<void> {
    await new Promise<void>((resolve) => {
      this.child.stdin.write(input, () => resolve())
    })
  }

  end(): Promise<Finished> {
    this.child.stdin.end()
    return this.finished
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  /** Ends it for good, whatever it does: for the end of a test. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL')
    await this.finished
  }
}

/** Runs the command line to its end. */
export async function runBridge(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const bridge = new BridgeProcess(args, options.env)
  bridge.child.stdin.end(options.input ?? '')
  return bridge.finished
}

/** The JSON report of a run with `--summary json`, wherever it was written. */
export function summaryOf({ stdout, stderr }: Finished): Summary {
  const text = `${stdout.toString()}\n${stderr}`
  const line = text.split('\n').find((each) => each.startsWith('{"seconds":'))
  if (line === undefined) throw new Error(`no report in: ${text.slice(0, 2000)}`)
  return JSON.parse(line) as Summary
}

export interface Summary {
  readonly lines: Readonly<
    Record<'lines' | 'events' | 'empty' | 'broken' | 'other' | 'overlong' | 'joined' | 'further', number>
  >
  readonly trees: number
  readonly spans: { readonly made: number; readonly delivered: number | null; readonly undelivered: number }
  readonly metrics: { readonly delivered: boolean | null; readonly failure: string | null }
  readonly dropped: Readonly<Record<string, number>>
  readonly rejected: number
  readonly unreadable: readonly string[]
  readonly signal: string | null
  readonly exitCode: number
}
