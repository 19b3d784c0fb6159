import { parseArgs } from 'node:util'
import { traceUrlProblem } from '../report/trace-url.js'

/** What the command line asks for. */
export interface BridgeOptions {
  /** Paths; `-` is stdin. */
  readonly files: readonly string[]
  readonly follow: boolean
  readonly detail: 'full' | 'compact' | 'operation'
  readonly print: boolean
  /** How many traces are drawn; `undefined` draws all of a few, and the slowest of many. */
  readonly top: number | undefined
  readonly prometheus: { readonly host: string; readonly port: number } | undefined
  /** Write the contention page to this file. */
  readonly report: string | undefined
  /** The page is all that is asked for: nothing is sent, whatever the environment says. */
  readonly reportOnly?: true | undefined
  /** Serve the contention page here. */
  readonly ui: { readonly host: string; readonly port: number } | undefined
  /** Where a trace is to be seen: an address with `{traceId}` in it. */
  readonly traceUrl: string | undefined
  readonly summary: 'text' | 'json'
  readonly quiet: boolean
  readonly state: string | undefined
  /** Seconds; `undefined` leaves it to the kind of input, infinity tries for ever. */
  readonly giveUp: number | undefined
  readonly holdSpan: boolean
  readonly ownerId: 'keep' | 'hash' | 'drop'
  readonly payload: boolean
  readonly lockName: 'template' | 'id' | 'none'
  /** Milliseconds. */
  readonly settle: number
  /** Seconds. */
  readonly idleTimeout: number
  /** Bounds of the listener by their names. */
  readonly limits: Readonly<Record<string, number>>
  /** Bytes. */
  readonly maxLine: number
}

/** The command line cannot be followed; the message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'run'; readonly options: BridgeOptions }

const OPTIONS = {
  follow: { type: 'boolean', short: 'f' },
  detail: { type: 'string' },
  print: { type: 'boolean', short: 'p' },
  prometheus: { type: 'string' },
  report: { type: 'string' },
  output: { type: 'string', short: 'o' },
  ui: { type: 'string' },
  'trace-url': { type: 'string' },
  summary: { type: 'string' },
  quiet: { type: 'boolean', short: 'q' },
  state: { type: 'string' },
  'give-up': { type: 'string' },
  'no-hold-span': { type: 'boolean' },
  'owner-id': { type: 'string' },
  'no-payload': { type: 'boolean' },
  'lock-name': { type: 'string' },
  settle: { type: 'string' },
  'idle-timeout': { type: 'string' },
  limit: { type: 'string', multiple: true },
  'max-line': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const

/**
 * Reads the arguments (without the program's own name).
 *
 * @throws {UsageError} when they make no sense
 */
export function parseCommand(args: readonly string[]): Command {
  const reportOnly = args[0] === 'report'
  const { count, rest } = takePrintCount(reportOnly ? args.slice(1) : args)
  const { values, positionals } = parse(rest)
  if (values.help === true) return { kind: 'help' }
  if (values.version === true) return { kind: 'version' }
  const options: BridgeOptions = {
    files: positionals,
    follow: values.follow ?? false,
    detail: choice('detail', values.detail, ['full', 'compact', 'operation']),
    print: values.print ?? false,
    top: count === undefined ? undefined : whole('print', count, 1, `--print=${count}`),
    prometheus: values.prometheus === undefined ? undefined : parseAddress('prometheus', values.prometheus),
    ...pageOptions(values, reportOnly),
    summary: choice('summary', values.summary, ['text', 'json']),
    quiet: values.quiet ?? false,
    state: values.state,
    giveUp: giveUp(values['give-up']),
    holdSpan: values['no-hold-span'] !== true,
    ownerId: choice('owner-id', values['owner-id'], ['keep', 'hash', 'drop']),
    payload: values['no-payload'] !== true,
    lockName: choice('lock-name', values['lock-name'], ['template', 'id', 'none']),
    settle: values.settle === undefined ? 250 : whole('settle', values.settle, 0),
    idleTimeout:
      values['idle-timeout'] === undefined ? 300 : whole('idle-timeout', values['idle-timeout'], 1),
    limits: parseLimits(values.limit ?? []),
    maxLine:
      values['max-line'] === undefined ? 16 * 1024 * 1024 : whole('max-line', values['max-line'], 1024),
  }
  if (options.follow && !options.files.some((file) => file !== '-')) {
    throw new UsageError('--follow needs a FILE to follow; stdin is read to its end anyway')
  }
  if (options.state !== undefined && !options.files.some((file) => file !== '-')) {
    throw new UsageError('--state needs a FILE: how far stdin was read means nothing later')
  }
  return { kind: 'run', options }
}

type PageChoice = Pick<BridgeOptions, 'report' | 'reportOnly' | 'ui' | 'traceUrl'>

/** What is asked of the contention page. */
function pageOptions(values: Values, reportOnly: boolean): PageChoice {
  if (values.output !== undefined && !reportOnly) {
    throw new UsageError('--output is an option of "report"; beside other outputs, give --report FILE')
  }
  const report = values.report ?? (reportOnly ? (values.output ?? 'report.html') : undefined)
  if (report === '' || report === '-') throw new UsageError('name a file for the report, such as report.html')
  const traceUrl = values['trace-url']
  const problem = traceUrl === undefined ? undefined : traceUrlProblem(traceUrl)
  if (problem !== undefined) throw new UsageError(`--trace-url ${traceUrl}: ${problem}`)
  if (traceUrl !== undefined && report === undefined && values.ui === undefined) {
    throw new UsageError('--trace-url is for the page of --report or --ui')
  }
  return {
    report,
    ...(reportOnly ? { reportOnly: true } : {}),
    ui: values.ui === undefined ? undefined : parseAddress('ui', values.ui),
    traceUrl,
  }
}

/** Reads `--print=5` as `--print` and a count: an option of parseArgs has a value or has none. */
function takePrintCount(args: readonly string[]): { count: string | undefined; rest: string[] } {
  let count: string | undefined
  const rest = args.map((argument) => {
    if (!argument.startsWith('--print=')) return argument
    count = argument.slice('--print='.length)
    return '--print'
  })
  return { count, rest }
}

type Values = {
  [Name in keyof typeof OPTIONS]?: (typeof OPTIONS)[Name] extends { multiple: true }
    ? string[]
    : (typeof OPTIONS)[Name] extends { type: 'boolean' }
      ? boolean
      : string
}

function parse(args: string[]): { values: Values; positionals: string[] } {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true, strict: true }) as {
      values: Values
      positionals: string[]
    }
  } catch (error) {
    throw new UsageError(explain(error))
  }
}

/** parseArgs' errors, without the advice that does not apply here, and with the option that was meant. */
function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const valued = /^Option '(?:-\w, )?(-[\w-]+).* argument is ambiguous/.exec(message)?.[1]
  if (valued !== undefined) return `${valued} needs a value, but what follows it looks like an option`
  const unknown = /^Unknown option '(-[^']*)'/.exec(message)?.[1]
  if (unknown === undefined) return message.split('\n', 1)[0]!.replace(/ <value>/g, '')
  const meant = closest(unknown.replace(/^-+/, '').split('=', 1)[0]!)
  return `there is no option ${unknown}${meant === undefined ? '' : `; did you mean --${meant}?`}`
}

function closest(name: string): string | undefined {
  let best: string | undefined
  let distance = 3
  for (const option of Object.keys(OPTIONS)) {
    const d = name.length > 1 && option.startsWith(name) ? 1 : edits(name, option)
    if (d < distance) [best, distance] = [option, d]
  }
  return best
}

/** Edit distance of two short words. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + same))
    }
    row = next
  }
  return row[b.length]!
}

function choice<T extends string>(name: string, value: string | undefined, choices: readonly [T, ...T[]]): T {
  if (value === undefined) return choices[0]
  const found = choices.find((each) => each === value)
  if (found === undefined) throw new UsageError(`--${name} ${value}: choose ${choices.join(', ')}`)
  return found
}

function whole(name: string, value: string, least: number, given = `--${name} ${value}`): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (!Number.isSafeInteger(number) || number < least) {
    throw new UsageError(`${given}: give a whole number of at least ${least}`)
  }
  return number
}

function giveUp(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  return value === 'never' ? Number.POSITIVE_INFINITY : whole('give-up', value, 0)
}

/** `9464`, `0.0.0.0:9464`, `[::1]:9464`. */
function parseAddress(option: string, value: string): { host: string; port: number } {
  const match = /^(?:(\[[0-9a-fA-F:.%]+\]|[^:[\]/\s]+):)?(\d{1,5})$/.exec(value)
  const port = Number(match?.[2])
  if (match === null || port > 65_535) {
    throw new UsageError(`--${option} ${value}: give a port, or HOST:PORT such as 0.0.0.0:9464`)
  }
  return { host: match[1]?.replace(/^\[|\]$/g, '') ?? '127.0.0.1', port }
}

function parseLimits(values: readonly string[]): Record<string, number> {
  const limits: Record<string, number> = {}
  for (const value of values) {
    const match = /^([a-zA-Z]+)=(\d+)$/.exec(value)
    if (match === null) throw new UsageError(`--limit ${value}: give NAME=NUMBER, such as openTrees=20000`)
    limits[match[1]!] = whole('limit', match[2]!, 1)
  }
  return limits
}
