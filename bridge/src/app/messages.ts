import { type DiagLogger, DiagLogLevel } from '@opentelemetry/api'
import type { Place } from '../input/line-reader.js'
import { formatSeconds, plural } from '../output/quantity.js'
import type { StatusLine } from '../output/status-line.js'
import { paint, sanitize, type Terminal } from '../output/terminal.js'
import type { DeliveryNews } from '../telemetry/delivery.js'

/** Broken lines that are told one by one; the rest are in the closing report. */
const MAX_BROKEN = 5
/** Warnings of the SDK that are told; one that repeats is told once. */
const MAX_WARNINGS = 20
const MAX_LENGTH = 500

/** The bridge's messages on stderr while it runs. */
export class Messages implements DeliveryNews {
  readonly #status: StatusLine
  readonly #terminal: Terminal
  readonly #warned = new Set<string>()
  #broken = 0
  #losing = false

  constructor(status: StatusLine, terminal: Terminal) {
    this.#status = status
    this.#terminal = terminal
  }

  note(text: string): void {
    this.#write(text)
  }

  error(text: string): void {
    this.#write(text, 'red')
  }

  broken(reason: string, { file, line }: Place): void {
    this.#broken++
    if (this.#broken <= MAX_BROKEN) this.#write(`${file}:${line}: ${reason}`, 'yellow')
    else if (this.#broken === MAX_BROKEN + 1)
      this.#write('further broken lines are counted, not told', 'yellow')
  }

  failing(reason: string): void {
    this.#write(`cannot deliver: ${reason}; trying again`, 'yellow')
  }

  recovered(seconds: number): void {
    this.#losing = false
    this.#write(`delivering again after ${formatSeconds(seconds, this.#terminal.unicode)}`)
  }

  lost(count: number, reason: string): void {
    // One outage, one message; the report has the sum.
    if (this.#losing) return
    this.#losing = true
    this.#write(`${plural(count, 'span')} not delivered: ${reason}`, 'red')
  }

  /** For `diag`: warnings and errors of the SDK and the listener, each once. */
  diagLogger(): DiagLogger {
    const tell =
      (level: DiagLogLevel) =>
      (message: string, ...rest: unknown[]): void => {
        const text = [message, ...rest].map(inWords).join(' ')
        if (level <= DiagLogLevel.WARN) {
          if (this.#warned.has(text) || this.#warned.size >= MAX_WARNINGS) return
          this.#warned.add(text)
        }
        this.#write(text, level <= DiagLogLevel.ERROR ? 'red' : undefined)
      }
    return {
      error: tell(DiagLogLevel.ERROR),
      warn: tell(DiagLogLevel.WARN),
      info: tell(DiagLogLevel.INFO),
      debug: tell(DiagLogLevel.DEBUG),
      verbose: tell(DiagLogLevel.VERBOSE),
    }
  }

  #write(text: string, style?: 'red' | 'yellow'): void {
    const safe = sanitize(text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text, this.#terminal)
    const line = style === undefined ? safe : paint(this.#terminal, style, safe)
    this.#status.write(`storage-lock-otel-bridge: ${line}\n`)
  }
}

/** What `diag` is given: texts, errors, and errors that the SDK has written as JSON with all their stack. */
function inWords(value: unknown): string {
  if (value instanceof Error) return value.message
  const text = String(value)
  if (!text.startsWith('{"stack":')) return text
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    return typeof message === 'string' ? message : text
  } catch {
    return text
  }
}
