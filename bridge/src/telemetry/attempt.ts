import { core } from '@opentelemetry/sdk-node'

/**
 * One export with a limit of its own. The exporters' timeout is one of silence: an answer that trickles in without end
 * would never end their export.
 *
 * @param ms what comes after that counts as no answer
 * @returns what the exporter said; a failure if it threw or did not answer in time. Never rejects.
 */
export function attempt(
  start: (done: (result: core.ExportResult) => void) => void,
  ms: number,
): Promise<core.ExportResult> {
  return new Promise((resolve) => {
    const fail = (error: unknown): void => {
      clearTimeout(timer)
      resolve({
        code: core.ExportResultCode.FAILED,
        error: error instanceof Error ? error : new Error(String(error)),
      })
    }
    const timer = setTimeout(() => fail(new Error(`no whole answer within ${ms / 1000} seconds`)), ms)
    try {
      start((result) => {
        clearTimeout(timer)
        resolve(result)
      })
    } catch (error) {
      fail(error)
    }
  })
}

/** The longest that Node's timers wait, some 25 days. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1

/** How long an export may take whose exporter is to give up after `timeout` ms of silence. */
export const exportLimit = (timeout: number): number => Math.min(2 * timeout + 1000, LONGEST_TIMER_MS)
