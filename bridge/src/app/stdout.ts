import { constants, fstatSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'

/**
 * Stdout as a stream that never blocks. Node writes to a pipe synchronously: a reader of the bridge's output that
 * stands still would stop the export as well. A pipe is therefore opened anew, which leaves the settings of those who
 * share it alone; where that is not possible, Node's own stream is used.
 */
export function openStdout(): Writable {
  try {
    if (process.platform === 'linux' && fstatSync(1).isFIFO()) {
      const fd = openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK)
      return new Socket({ fd, readable: false, writable: true })
    }
  } catch {
    // Not allowed, or no /proc.
  }
  return process.stdout
}
