import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from './ports.js'
import { Server } from './server.js'

interface QueryResult {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

/** A series with its value at one moment. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A real Prometheus that scrapes one target every second. */
export class Prometheus {
  readonly #server = new Server('prometheus')
  #url = ''

  /** Starts the `prometheus` on PATH; `target` is host and port. */
  static async start(target: string): Promise<Prometheus> {
    const prometheus = new Prometheus()
    const [port] = await freePorts(1)
    prometheus.#url = `http://127.0.0.1:${port}`
    const config = join(prometheus.#server.folder, 'prometheus.yml')
    writeFileSync(
      config,
      JSON.stringify({
        global: { scrape_interval: '1s' },
        scrape_configs: [{ job_name: 'bridge', static_configs: [{ targets: [target] }] }],
      }),
    )
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(prometheus.#server.folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]
    await prometheus.#server.start(
      'prometheus',
      args,
      async () => (await fetch(`${prometheus.#url}/-/ready`)).ok,
    )
    return prometheus
  }

  /** What the expression is now: label sets with their values. */
  async query(expression: string): Promise<Sample[]> {
    const response = await fetch(`${this.#url}/api/v1/query?query=${encodeURIComponent(expression)}`)
    if (!response.ok) throw new Error(`${expression}: ${response.status} ${await response.text()}`)
    const { data } = (await response.json()) as { data: { result: QueryResult[] } }
    return data.result.map((sample) => ({ labels: sample.metric, value: Number(sample.value[1]) }))
  }

  /** The one value of an expression; 0 where it has none. */
  async value(expression: string): Promise<number> {
    return (await this.query(expression))[0]?.value ?? 0
  }

  stop(): Promise<void> {
    return this.#server.stop()
  }
}
