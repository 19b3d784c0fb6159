import { hostname } from 'node:os'
import { pid } from 'node:process'

const process = `${hostname()}-${pid}`
let count = 0

/** A name for somebody at work on a lock: host, process id and a counter. */
export function newOwnerId(): string {
  count += 1
  return `${process}-${count}`
}
