import type { Event } from 'storage-lock-otel'
import type { LineSink, RawLine } from './lines.js'
import { type Recognised, recogniseEvent } from './recognise.js'
import { unwrapCri, unwrapDocker, type Wrapped } from './wrappers.js'

/** Where a line stands: for reports. */
export interface Place {
  readonly file: string
  readonly line: number
  /** Of the line's first byte. */
  readonly offset: number
}

/** Receives what a {@link LineReader} finds in its lines. */
export interface LineHandlers {
  event(event: Event, place: Place): void
  /** Bytes that are no event, exactly as they stood in the input. */
  other(bytes: Buffer): void
  /** A line that looks like an event but cannot be read; its bytes go to `other` as well. */
  broken(reason: string, place: Place): void
}

/**
 * Lines by what they were. `lines` + `further` = `events` + `empty` + `broken` + `other` + `overlong` + `joined`.
 */
export interface LineCounts {
  lines: number
  bytes: number
  events: number
  empty: number
  broken: number
  other: number
  /** Longer than the bound: passed on unread. */
  overlong: number
  /** Lines that were further parts of a line split by a container runtime. */
  joined: number
  /** Events, whole or broken, that stand behind another on their line. */
  further: number
}

export const newLineCounts = (): LineCounts => ({
  lines: 0,
  bytes: 0,
  events: 0,
  empty: 0,
  broken: 0,
  other: 0,
  overlong: 0,
  joined: 0,
  further: 0,
})

/** A split line of which the end has not come yet. */
interface Parts {
  contents: Buffer[]
  size: number
  raws: Buffer[]
  place: Place
  /** The line is no event: its parts were passed on and so will be the rest. */
  passing: boolean
}

const ROOT_ID = Buffer.from('root_id')
const EVENT_START = Buffer.from('{"id":')
const PREFIXED_ID = Buffer.from('{"id":"storage-lock-event-')

/** An event names its root within its first bytes; a split line that has not by then is none. */
const DECIDE_AFTER_BYTES = 4096
/** Wrapped in wrapped in wrapped: a shipper's record around a runtime's, and one to spare. */
const MAX_WRAPPERS = 3

/**
 * Reads lines: finds the event in each, puts split lines together, hands on everything else. One reader an input,
 * since the parts of a split line are looked for in the same input only.
 */
export class LineReader implements LineSink {
  readonly #handlers: LineHandlers
  readonly #counts: LineCounts
  readonly #file: string
  readonly #maxLineBytes: number
  readonly #parts = new Map<string, Parts>()
  /** Where the latest record was a whole event without a line end. */
  readonly #taken = new Set<string>()

  constructor(file: string, handlers: LineHandlers, counts: LineCounts, maxLineBytes: number) {
    this.#file = file
    this.#handlers = handlers
    this.#counts = counts
    this.#maxLineBytes = maxLineBytes
  }

  /** Where the oldest part stands that still waits for the rest of its line. */
  get held(): Place | undefined {
    let held: Place | undefined
    for (const { passing, place } of this.#parts.values()) {
      if (!passing && (held === undefined || place.offset < held.offset)) held = place
    }
    return held
  }

  line(line: RawLine): void {
    const { bytes } = line
    this.#counts.lines++
    this.#counts.bytes += bytes.length
    const content = bytes.subarray(0, contentEnd(bytes))
    this.#content(content, [bytes], { file: this.#file, line: line.number, offset: line.offset }, '')
  }

  overlong(piece: Buffer, number: number, first: boolean): void {
    if (first) {
      this.#counts.lines++
      this.#counts.overlong++
      const reason = `the line is longer than ${this.#maxLineBytes} bytes (--max-line raises the bound)`
      this.#handlers.broken(reason, { file: this.#file, line: number, offset: 0 })
    }
    this.#counts.bytes += piece.length
    this.#handlers.other(piece)
  }

  /** The input is over: what waits for a further part is read as it is. */
  end(): void {
    // Reading parts of an outer wrapper can leave parts of an inner one.
    for (let round = 0; round < MAX_WRAPPERS && this.#parts.size > 0; round++) {
      const left = [...this.#parts]
      this.#parts.clear()
      for (const [key, parts] of left) this.#finish(key, parts)
    }
  }

  #content(bytes: Buffer, raws: Buffer[], place: Place, wrappers: string): void {
    if (isBlank(bytes)) {
      this.#counts.empty++
      this.#pass(raws)
      return
    }
    // A bare event, first and without a second look.
    if (startsWith(bytes, EVENT_START) && bytes.indexOf(ROOT_ID) !== -1) {
      this.#settle(recogniseEvent(bytes.toString('utf8')), raws, place)
      return
    }
    const wrapped = wrappers.length < MAX_WRAPPERS ? (unwrapCri(bytes) ?? unwrapDocker(bytes)) : undefined
    if (wrapped !== undefined) {
      this.#wrapped(wrapped, raws, place, wrappers)
    } else if (bytes.indexOf(ROOT_ID) === -1 && !startsWith(bytes, PREFIXED_ID)) {
      this.#other(raws)
    } else {
      this.#settle(recogniseEvent(bytes.toString('utf8').trim()), raws, place)
    }
  }

  #wrapped(wrapped: Wrapped, raws: Buffer[], place: Place, wrappers: string): void {
    const key = `${wrappers}${wrapped.stream === 'stdout' ? 'o' : 'e'}`
    let parts = this.#parts.get(key)
    if (this.#taken.delete(key) && wrapped.last && wrapped.content.length === 0) {
      // The split came just before the line end of an event that was whole without it.
      this.#counts.joined += raws.length
      return
    }
    if (!wrapped.last && !wrapped.explicit && endsWithBrace(wrapped.content)) {
      // A shipper may have trimmed the line end that tells a whole line from a part.
      const alone =
        wrapped.content.indexOf(ROOT_ID) === -1 ? undefined : recogniseEvent(wrapped.content.toString('utf8'))
      if (alone?.kind === 'event') {
        this.#release(key)
        this.#taken.add(key)
        this.#settle(alone, raws, place)
        return
      }
    }
    if (parts === undefined) {
      if (wrapped.last) {
        this.#content(wrapped.content, raws, place, key)
        return
      }
      parts = { contents: [], size: 0, raws: [], place, passing: false }
      this.#parts.set(key, parts)
    } else {
      this.#counts.joined += raws.length
    }
    if (parts.passing) {
      this.#pass(raws)
      if (wrapped.last) this.#parts.delete(key)
      return
    }
    parts.contents.push(wrapped.content)
    parts.size += wrapped.content.length
    parts.raws.push(...raws)
    if (wrapped.last) {
      this.#parts.delete(key)
      this.#finish(key, parts)
    } else if (parts.size > this.#maxLineBytes) {
      this.#counts.overlong++
      this.#handlers.broken(`the split line is longer than ${this.#maxLineBytes} bytes`, parts.place)
      this.#passOn(parts)
    } else if (
      parts.size >= DECIDE_AFTER_BYTES &&
      parts.contents.length === 1 &&
      !mentionsEvent(wrapped.content)
    ) {
      this.#counts.other++
      this.#passOn(parts)
    }
  }

  #passOn(parts: Parts): void {
    this.#pass(parts.raws)
    parts.passing = true
    parts.raws = []
    parts.contents = []
  }

  #finish(key: string, parts: Parts): void {
    if (parts.passing) return
    this.#content(Buffer.concat(parts.contents), parts.raws, parts.place, key)
  }

  #release(key: string): void {
    const parts = this.#parts.get(key)
    this.#parts.delete(key)
    if (parts !== undefined) this.#finish(key, parts)
  }

  #settle(found: Recognised, raws: Buffer[], place: Place): void {
    if (found.kind === 'other') {
      this.#other(raws)
      return
    }
    // Of a line with several events each is told; what is broken among them is, too.
    for (let next: Recognised = found; next.kind !== 'other'; next = recogniseEvent(next.rest.trimStart())) {
      if (next !== found) this.#counts.further++
      if (next.kind === 'broken') {
        this.#counts.broken++
        this.#handlers.broken(next.reason, place)
        this.#pass(raws)
        return
      }
      this.#counts.events++
      this.#handlers.event(next.event, place)
      if (next.rest === undefined) return
    }
  }

  #other(raws: Buffer[]): void {
    this.#counts.other++
    this.#pass(raws)
  }

  #pass(raws: Buffer[]): void {
    for (const raw of raws) this.#handlers.other(raw)
  }
}

function mentionsEvent(content: Buffer): boolean {
  return content.indexOf(ROOT_ID) !== -1 || startsWith(content, EVENT_START)
}

/** The end of a line without its `\n` or `\r\n`. */
function contentEnd(bytes: Buffer): number {
  let end = bytes.length
  if (end > 0 && bytes[end - 1] === 10) end--
  if (end > 0 && bytes[end - 1] === 13) end--
  return end
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) {
    if (byte !== 32 && byte !== 9 && byte !== 13) return false
  }
  return true
}

function endsWithBrace(content: Buffer): boolean {
  return content[content.length - 1] === 125
}

function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  return bytes.length >= prefix.length && bytes.compare(prefix, 0, prefix.length, 0, prefix.length) === 0
}
