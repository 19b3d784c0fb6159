import { isRecord, parseJson } from './embedded.js'

/** What a container runtime put around a line, or around a part of one. */
export interface Wrapped {
  /** `stdout` or `stderr`: parts of the two interleave. */
  readonly stream: string
  /** The line's own bytes, without its line end. */
  readonly content: Buffer
  /** Whether the line ends here; if not, its next part follows. */
  readonly last: boolean
  /** Whether the wrapper says so itself (`P`/`F`), rather than by a line end that may have been trimmed. */
  readonly explicit: boolean
}

const SPACE = 32
const BRACE = 123
const ZERO = 48
const NINE = 57

/** Longest time stamp in front of `stdout F`; RFC 3339 with nanoseconds and an offset has 35 characters. */
const MAX_TIME_LENGTH = 40

/**
 * `2026-11-22T09:34:47.2Z stdout F the line`, as Kubernetes' container runtimes (CRI) write it. The tag is a list
 * divided by colons of which the first says whether the line is full (`F`) or goes on (`P`).
 */
export function unwrapCri(line: Buffer): Wrapped | undefined {
  const first = line[0]
  if (first === undefined || first < ZERO || first > NINE) return undefined
  const timeEnd = line.indexOf(SPACE)
  if (timeEnd < 10 || timeEnd > MAX_TIME_LENGTH || line[4] !== 45) return undefined
  const stream = line.toString('latin1', timeEnd + 1, timeEnd + 7)
  if (stream !== 'stdout' && stream !== 'stderr') return undefined
  if (line[timeEnd + 7] !== SPACE) return undefined
  const tagStart = timeEnd + 8
  let tagEnd = line.indexOf(SPACE, tagStart)
  if (tagEnd === -1) tagEnd = line.length
  const tag = line.toString('latin1', tagStart, Math.min(tagEnd, tagStart + 2))
  if (tag !== 'P' && tag !== 'F' && tag !== 'P:' && tag !== 'F:') return undefined
  return { stream, content: line.subarray(tagEnd + 1), last: tag.startsWith('F'), explicit: true }
}

const LOG_KEY = Buffer.from('"log":')
const STREAM_KEY = Buffer.from('"stream":')

/**
 * `{"log":"the line\n","stream":"stdout","time":"…"}`, as Docker's json-file driver writes it, with its keys in any
 * order. Docker splits long lines; only the last part has the `\n`.
 */
export function unwrapDocker(line: Buffer): Wrapped | undefined {
  if (line[0] !== BRACE || line.indexOf(LOG_KEY) === -1 || line.indexOf(STREAM_KEY) === -1) return undefined
  const record = parseJson(line.toString('utf8'))
  if (!isRecord(record)) return undefined
  const { log, stream } = record as { log?: unknown; stream?: unknown }
  if (typeof log !== 'string' || (stream !== 'stdout' && stream !== 'stderr')) return undefined
  const last = log.endsWith('\n')
  const end = last ? (log.endsWith('\r\n') ? -2 : -1) : undefined
  return { stream, content: Buffer.from(log.slice(0, end)), last, explicit: false }
}
