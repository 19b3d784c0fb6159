import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach } from 'vitest'
import {
  OtlpReceiver,
  type OtlpReceiverOptions,
  type ReceivedSpan,
} from '../../../test/support/otlp-receiver.js'
import { BridgeProcess, ensureBuilt, runBridge } from '../bridge-process.js'
import { streamPath } from '../support.js'

/** `FAULTS=long` makes outages last as long as they do in life. */
export const LONG = process.env['FAULTS'] === 'long'

/** Everything a span says, in a form that can be compared. */
export function canonical(span: ReceivedSpan): string {
  const sorted = (attributes: object): unknown =>
    Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))
  const { traceId, spanId, parentSpanId, name, kind, start, end, status, statusMessage } = span
  return JSON.stringify([
    [traceId, spanId, parentSpanId, name, kind, String(start), String(end), status, statusMessage],
    sorted(span.attributes),
    span.events.map((event) => [event.name, String(event.time), sorted(event.attributes)]),
    span.links.map((link) => [link.traceId, link.spanId, sorted(link.attributes)]),
  ])
}

/** What was received, by trace and span id: the latest of each. */
export function contents(...receivers: OtlpReceiver[]): Map<string, string> {
  const spans = receivers.flatMap((receiver) => receiver.spans)
  return new Map(spans.map((span) => [`${span.traceId}/${span.spanId}`, canonical(span)]))
}

const baselines = new Map<string, Promise<Map<string, string>>>()

/** What a healthy collector gets of a captured stream. */
export function baselineOf(stream: string, args: readonly string[] = []): Promise<Map<string, string>> {
  const key = [stream, ...args].join(' ')
  let baseline = baselines.get(key)
  if (baseline === undefined) {
    baseline = measure(stream, args)
    baselines.set(key, baseline)
  }
  return baseline
}

async function measure(stream: string, args: readonly string[]): Promise<Map<string, string>> {
  const receiver = await OtlpReceiver.start()
  const result = await runBridge([...args, streamPath(stream)], { env: endpointOf(receiver) })
  await receiver.close()
  if (result.code !== 0) throw new Error(`the healthy run ended with ${result.code}: ${result.stderr}`)
  return contents(receiver)
}

/** Settings for a receiver, with an exporter that is quick to despair, so that the bridge's patience is what counts. */
export function endpointOf(
  receiver: OtlpReceiver,
  more: Record<string, string> = {},
): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '100',
    ...more,
  }
}

/** Samples the memory of a process, in KiB as the kernel counts it, until the process ends. */
export class MemoryMeter {
  /** The highest resident size, even between two samples. */
  peak = 0
  readonly samples: number[] = []
  readonly #timer: NodeJS.Timeout
  readonly #path: string

  constructor(pid: number | undefined) {
    this.#path = `/proc/${pid}/status`
    this.#timer = setInterval(() => this.sample(), 50)
  }

  /** The resident size now, or the last one of a process that ended. */
  sample(): number {
    let text = ''
    try {
      text = readFileSync(this.#path, 'utf8')
    } catch {
      clearInterval(this.#timer)
    }
    const peak = Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0)
    const now = Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? 0)
    if (now > 0) this.samples.push(now)
    this.peak = Math.max(this.peak, peak)
    return this.samples.at(-1) ?? 0
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

/** Prints a figure for the reliability page. */
export function figure(what: string, values: Readonly<Record<string, string | number>>): void {
  const text = Object.entries(values).map(([key, value]) => `${key} ${value}`)
  process.stdout.write(`[figure] ${what}: ${text.join(', ')}\n`)
}

export const toMB = (kibibytes: number): number => Math.round((kibibytes * 1024) / 1e6)

/** Waits for something that another process does. */
export async function eventually(what: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> {
  for (const deadline = performance.now() + ms; !(await what()); ) {
    if (performance.now() > deadline) throw new Error(`it did not happen: ${what.toString()}`)
    await pause(20)
  }
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/** What each test gets: a folder, a receiver, and bridges that are ended with it. */
export interface Bench {
  readonly directory: string
  receiver: OtlpReceiver
  start(args: readonly string[], env?: Record<string, string>): BridgeProcess
  /** The receiver dies; another takes its place on the same port. */
  revive(options?: OtlpReceiverOptions): Promise<OtlpReceiver>
}

/** Sets the bench up for each test of a file. */
export function useBench(): Bench {
  const bridges: BridgeProcess[] = []
  const receivers: OtlpReceiver[] = []
  const bench = {
    directory: '',
    receiver: undefined as unknown as OtlpReceiver,
    start(args: readonly string[], env: Record<string, string> = {}): BridgeProcess {
      const bridge = new BridgeProcess(args, endpointOf(bench.receiver, env))
      bridges.push(bridge)
      return bridge
    },
    async revive(options: OtlpReceiverOptions = {}): Promise<OtlpReceiver> {
      bench.receiver = await OtlpReceiver.start({ port: bench.receiver.port, ...options })
      receivers.push(bench.receiver)
      return bench.receiver
    },
  }
  beforeAll(ensureBuilt, 180_000)
  beforeEach(async () => {
    bench.directory = await mkdtemp(join(tmpdir(), 'bridge-faults-'))
    bench.receiver = await OtlpReceiver.start()
    receivers.push(bench.receiver)
  })
  afterEach(async () => {
    await Promise.all(bridges.splice(0).map((bridge) => bridge.kill()))
    await Promise.all(receivers.splice(0).map((receiver) => receiver.close().catch(() => undefined)))
    await rm(bench.directory, { recursive: true, force: true })
  })
  return bench
}
