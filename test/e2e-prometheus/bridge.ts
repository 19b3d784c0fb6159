import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.js'

const MAIN = fileURLToPath(new URL('../../bridge/dist/main.js', import.meta.url))

/** The bridge as a process, fed through its standard input, with its metrics at `target`. */
export class Bridge {
  readonly target: string
  readonly #process: ChildProcess
  #log = ''

  private constructor(process: ChildProcess, target: string) {
    this.#process = process
    this.target = target
    process.stderr?.on('data', (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-10_000)
    })
  }

  static async start(): Promise<Bridge> {
    const target = `127.0.0.1:${await freePort()}`
    const child = spawn(process.execPath, [MAIN, '--prometheus', target], {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '' },
    })
    const bridge = new Bridge(child, target)
    await bridge.#ready()
    return bridge
  }

  /** What /metrics says now. */
  async metrics(): Promise<string> {
    return (await fetch(`http://${this.target}/metrics`)).text()
  }

  /** Hands over lines, as fast as the bridge takes them. */
  async feed(lines: readonly string[]): Promise<void> {
    const input = this.#process.stdin
    if (input === null) throw new Error('the bridge has no input')
    await new Promise<void>((resolve, reject) => {
      input.write(`${lines.join('\n')}\n`, (error) => (error ? reject(error) : resolve()))
    })
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exited = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.stdin?.end()
    const hard = setTimeout(() => this.#process.kill('SIGKILL'), 10_000)
    await exited
    clearTimeout(hard)
  }

  async #ready(): Promise<void> {
    const deadline = performance.now() + 60_000
    for (;;) {
      if (this.#process.exitCode !== null) throw new Error(`the bridge did not start: ${this.#log}`)
      try {
        if ((await fetch(`http://${this.target}/metrics`)).ok) return
      } catch {
        // Not listening yet.
      }
      if (performance.now() > deadline) throw new Error(`the bridge does not serve its metrics: ${this.#log}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
