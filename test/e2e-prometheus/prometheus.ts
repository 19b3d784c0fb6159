import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.js'

/** One series of an answer: its labels and its value now. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A rule as Prometheus has loaded it. */
export interface LoadedRule {
  readonly type: 'recording' | 'alerting'
  readonly name: string
  readonly query: string
  readonly health: string
  readonly lastError?: string
}

/** An alert that is pending or firing. */
export interface ActiveAlert {
  readonly state: 'pending' | 'firing'
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface PrometheusOptions {
  /** The `host:port` of the /metrics to scrape. */
  readonly target: string
  /** Paths of rule files. */
  readonly ruleFiles: readonly string[]
  /** How often to scrape and to evaluate, in seconds. */
  readonly interval: number
}

/** A real Prometheus on the loopback interface, with a store of its own that goes when it stops. */
export class Prometheus {
  readonly #process: ChildProcess
  readonly #directory: string
  readonly #url: string
  #log = ''

  private constructor(process: ChildProcess, directory: string, url: string) {
    this.#process = process
    this.#directory = directory
    this.#url = url
    process.stderr?.on('data', (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-10_000)
    })
  }

  static async start({ target, ruleFiles, interval }: PrometheusOptions): Promise<Prometheus> {
    const directory = await mkdtemp(join(tmpdir(), 'storage-lock-prometheus-'))
    const config = {
      global: {
        scrape_interval: `${interval}s`,
        scrape_timeout: `${interval}s`,
        evaluation_interval: `${interval}s`,
      },
      rule_files: ruleFiles,
      scrape_configs: [{ job_name: 'locks', static_configs: [{ targets: [target] }] }],
    }
    // JSON is YAML.
    await writeFile(join(directory, 'prometheus.yml'), JSON.stringify(config))
    const address = `127.0.0.1:${await freePort()}`
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(directory, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=${address}`,
        '--log.level=warn',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    const failed = new Promise<never>((_, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        reject(error.code === 'ENOENT' ? new Error(NOT_INSTALLED) : error)
      })
    })
    const prometheus = new Prometheus(child, directory, `http://${address}`)
    await Promise.race([prometheus.#ready(), failed])
    return prometheus
  }

  /** The values of a query now. A query that Prometheus cannot parse or evaluate is an error that says why. */
  async query(query: string): Promise<Sample[]> {
    const { result } = (await this.#get('/api/v1/query', { query })) as { result: VectorElement[] }
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
  }

  /** All values of a query in the last seconds, series by series. */
  async queryRange(query: string, seconds: number, step = 1): Promise<number[][]> {
    const end = Date.now() / 1000
    const { result } = (await this.#get('/api/v1/query_range', {
      query,
      start: String(end - seconds),
      end: String(end),
      step: String(step),
    })) as { result: { values: [number, string][] }[] }
    return result.map(({ values }) => values.map(([, value]) => Number(value)))
  }

  /** Every rule that is loaded. */
  async rules(): Promise<LoadedRule[]> {
    const { groups } = (await this.#get('/api/v1/rules', {})) as { groups: { rules: LoadedRule[] }[] }
    return groups.flatMap(({ rules }) => rules)
  }

  /** Every alert that is pending or firing, with its texts filled in. */
  async alerts(): Promise<ActiveAlert[]> {
    const { alerts } = (await this.#get('/api/v1/alerts', {})) as { alerts: ActiveAlert[] }
    return alerts
  }

  /** Asks again until the answer satisfies, and fails with the last answer when it does not in time. */
  async until<T>(ask: () => Promise<T>, satisfies: (answer: T) => boolean, withinMs = 60_000): Promise<T> {
    const deadline = performance.now() + withinMs
    for (;;) {
      const answer = await ask()
      if (satisfies(answer)) return answer
      if (performance.now() > deadline) {
        throw new Error(
          `Prometheus did not get there in ${withinMs} ms: ${JSON.stringify(answer).slice(0, 2000)}`,
        )
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = new Promise((resolve) => this.#process.once('exit', resolve))
      this.#process.kill('SIGTERM')
      const hard = setTimeout(() => this.#process.kill('SIGKILL'), 5_000)
      await exited
      clearTimeout(hard)
    }
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #ready(): Promise<void> {
    await this.until(
      async () => {
        if (this.#process.exitCode !== null) throw new Error(`Prometheus did not start: ${this.#log}`)
        try {
          return (await fetch(`${this.#url}/-/ready`)).ok
        } catch {
          return false
        }
      },
      (ready) => ready,
    )
  }

  async #get(path: string, parameters: Record<string, string>): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}?${new URLSearchParams(parameters).toString()}`)
    const answer = (await response.json()) as { status: string; error?: string; data: unknown }
    if (answer.status !== 'success')
      throw new Error(`${answer.error ?? response.status}: ${parameters['query']}`)
    return answer.data
  }
}

interface VectorElement {
  readonly metric: Record<string, string>
  readonly value: [number, string]
}

const NOT_INSTALLED =
  'Prometheus is not installed: on Debian and Ubuntu "apt-get install prometheus", elsewhere from ' +
  'https://prometheus.io/download/.'
