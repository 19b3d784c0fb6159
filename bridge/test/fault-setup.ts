import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach } from 'vitest'
import { OtlpReceiver } from '../../test/support/otlp-receiver.js'
import { eventsOf, linesOf, unpublishedOf } from '../../test/support/streams.js'
import { BridgeProcess, ensureBuilt } from './bridge-process.js'

/** The stream that goes through the faults. */
export const STREAM = 'head/contention.ndjson'
export const HOLDS = 48
/** Spans that it becomes. */
export const SPANS = (() => {
  const events = eventsOf(linesOf(STREAM))
  return events.size + unpublishedOf(events).size + HOLDS
})()

export interface Bench {
  /** An empty folder of the test's own. */
  directory: string
  /** Takes everything unless it is told otherwise. */
  receiver: OtlpReceiver
  env(more?: Record<string, string>): Record<string, string>
  /** Starts a bridge, which is ended with the test at the latest. */
  start(args: readonly string[], more?: Record<string, string>): BridgeProcess
}

/** A receiver, a folder and bridges for each test of the file. */
export function useBench(): Bench {
  const bridges: BridgeProcess[] = []
  const bench: Bench = {
    directory: '',
    receiver: undefined as unknown as OtlpReceiver,
    // The exporter's own patience is short here, so that the bridge's is what counts.
    env: (more = {}) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: bench.receiver.endpoint,
      OTEL_EXPORTER_OTLP_TIMEOUT: '400',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '100',
      ...more,
    }),
    start: (args, more) => {
      const bridge = new BridgeProcess(args, bench.env(more))
      bridges.push(bridge)
      return bridge
    },
  }
  beforeAll(ensureBuilt, 180_000)
  beforeEach(async () => {
    bench.directory = await mkdtemp(join(tmpdir(), 'bridge-test-'))
    bench.receiver = await OtlpReceiver.start()
  })
  afterEach(async () => {
    await Promise.all(bridges.splice(0).map((bridge) => bridge.kill()))
    await bench.receiver.close()
    await rm(bench.directory, { recursive: true })
  })
  return bench
}

/** Waits for something that another process does. */
export async function eventually(what: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 40_000; !(await what()); ) {
    if (performance.now() > deadline) throw new Error(`it did not happen: ${what.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
