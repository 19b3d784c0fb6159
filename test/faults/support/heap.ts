import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes on the heap that are in use, after everything else was collected. */
export function liveHeap(): number {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

/** Bytes as mebibytes. */
export const toMiB = (bytes: number): number => bytes / (1024 * 1024)
