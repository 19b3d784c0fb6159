import { basename } from 'node:path'
import type { OtelListener } from 'storage-lock-otel'
import { type BridgeOptions, UsageError } from '../cli/options.js'
import { Checkpoints } from '../input/checkpoints.js'
import { InputClock } from '../input/clock.js'
import { StopSignal } from '../input/reading.js'
import { type FileState, loadState, StateError } from '../input/state.js'
import { PassThrough } from '../output/pass-through.js'
import { StatusLine } from '../output/status-line.js'
import { detectTerminal } from '../output/terminal.js'
import { PageOutput } from '../report/page-output.js'
import { EnvironmentError } from '../telemetry/exporters.js'
import { hasExporters, startTelemetry, type Telemetry } from '../telemetry/setup.js'
import { SpanCounter } from '../telemetry/span-counter.js'
import { conclude, STOP_WITHIN_MS } from './conclude.js'
import { Display } from './display.js'
import { Intake } from './intake.js'
import { newListener } from './listener.js'
import { Messages } from './messages.js'
import { ProgressLine } from './progress-line.js'
import { readInputs } from './read-inputs.js'
import { handleSignals } from './signals.js'
import { openStdout } from './stdout.js'

/** How long failures to deliver may go on, in ms, when the command line does not say. */
const GIVE_UP_FILES_MS = 300_000
/** Of a pipe: its writer stands still meanwhile, and is more important than its telemetry. */
const GIVE_UP_STDIN_MS = 30_000
const CHECKPOINT_MS = 500

/** Runs the bridge until its input ends or a signal ends it. @returns the exit status */
export async function runBridge(options: BridgeOptions): Promise<number> {
  // A report alone sends nothing anywhere.
  const env = options.reportOnly === true ? {} : process.env
  const started = performance.now()
  const status = new StatusLine(process.stderr)
  const stderr = detectTerminal(process.stderr, process.env)
  const messages = new Messages(status, stderr)
  const files = options.files.length > 0 ? options.files : ['-']
  const readsStdin = files.includes('-')
  if (options.files.length === 0 && process.stdin.isTTY) {
    messages.error('nothing to read: name a FILE, or pipe the output of a service in (--help shows how)')
    return 1
  }

  const stop = new StopSignal()
  const clock = new InputClock()
  const stdout = new PassThrough(openStdout(), (error) => {
    messages.error(
      `stdout takes no more (${error.code ?? error.message}); lines are no longer passed through`,
    )
  })
  const page = pageFor(options, files)
  const asksForOther = options.prometheus !== undefined || page !== undefined || options.summary === 'json'
  const print = options.print || !(asksForOther || asksForExporters(env))
  const display = print
    ? new Display({
        terminal: readsStdin ? stderr : detectTerminal(process.stdout, process.env),
        top: options.top,
        live: readsStdin || options.follow,
        write: (text) => (readsStdin ? status.write(text) : stdout.write(Buffer.from(text))),
      })
    : undefined
  const counter = new SpanCounter()

  let telemetry: Telemetry
  let listener: OtelListener
  let state: FileState[] = []
  try {
    if (options.state !== undefined) state = await loadState(options.state)
    telemetry = await startTelemetry({
      env,
      processors: [counter, ...(display === undefined ? [] : [display.store])],
      prometheus: options.prometheus,
      giveUp: giveUpFor(options, readsStdin),
      news: messages,
      logger: messages.diagLogger(),
    })
    const spans =
      display !== undefined || telemetry.delivery !== undefined || env['OTEL_TRACES_EXPORTER'] === 'console'
    // Where nobody takes spans, the roots alone are made, to count the trees: the others cost most of the work.
    const detail = spans ? {} : { detail: 'operation' as const, holdSpan: false }
    listener = newListener({ ...options, ...detail }, clock, page?.observer)
    const address = await page?.listen(listener)
    if (address !== undefined && !options.quiet) messages.note(`serving ${address}`)
  } catch (error) {
    return failedStart(error, options, messages)
  }
  if (telemetry.metricsUrl !== undefined && !options.quiet) messages.note(`serving ${telemetry.metricsUrl}`)

  const { delivery } = telemetry
  const intake = new Intake(
    {
      event: (event) => listener.on(undefined, event),
      broken: (reason, place) => messages.broken(reason, place),
      pass: (bytes) => stdout.write(bytes),
      pressure: () => {
        listener.catchUp()
        const held = [stdout.flush(), delivery?.ready()].filter((each) => each !== undefined)
        return held.length === 0 ? undefined : Promise.all(held).then(() => undefined)
      },
    },
    options.maxLine,
  )
  const checkpoints =
    options.state === undefined
      ? undefined
      : new Checkpoints(
          options.state,
          {
            pending: () => listener.pendingRootIds(),
            get made() {
              return delivery?.made ?? 0
            },
            get settledBelow() {
              return delivery?.settledBelow ?? 0
            },
          },
          state,
          (error) => messages.error(`cannot write the state file: ${error.message}`),
        )
  const saving = checkpoints && setInterval(() => void checkpoints.advance(), CHECKPOINT_MS)
  const wake: { onWake?: () => void } = {}
  let signal: { readonly name: NodeJS.Signals; readonly at: number } | undefined
  const ignoreSignals = handleSignals({
    stop: (name) => {
      signal = { name, at: performance.now() }
      stop.request()
      delivery?.stopWithin(STOP_WITHIN_MS)
    },
    kill: (code) => process.exit(code),
    refresh: options.follow && !process.stderr.isTTY ? () => wake.onWake?.() : undefined,
  })
  const progress = new ProgressLine(status, stderr, intake.counts, !options.quiet && process.stderr.isTTY)

  const read = await readInputs({
    files,
    follow: options.follow,
    stdin: process.stdin,
    intake,
    clock,
    stop,
    messages,
    state,
    checkpoints,
    wake,
    onProgress: (file, bytes, total) => progress.update(file, bytes, total),
  })
  progress.stop()
  clearInterval(saving)
  const exitCode = await conclude({
    options,
    listener,
    telemetry,
    counter,
    display,
    intake,
    clock,
    checkpoints,
    stdout,
    status,
    stderr,
    read,
    readsStdin,
    signal: () => signal,
    giveUp: giveUpFor(options, readsStdin),
    started,
  })
  const written = page === undefined ? exitCode : await writePage(page, exitCode, options, messages)
  if (options.ui !== undefined && !options.follow && !readsStdin && !stop.requested) {
    // Whoever asks to see files wants to look at them for longer than it takes to read them.
    messages.note('all is read; the page stays until Ctrl+C')
    await stop.requests()
  }
  await page?.close()
  ignoreSignals()
  return written
}

function pageFor(options: BridgeOptions, files: readonly string[]): PageOutput | undefined {
  if (options.report === undefined && options.ui === undefined) return undefined
  return new PageOutput({
    file: options.report,
    ui: options.ui,
    ownerId: options.ownerId,
    traceUrl: options.traceUrl,
    source: files.map((file) => (file === '-' ? 'standard input' : basename(file))).join(', '),
  })
}

/** @returns the exit status: a page that could not be written is something not delivered */
async function writePage(
  page: PageOutput,
  exitCode: number,
  options: BridgeOptions,
  messages: Messages,
): Promise<number> {
  try {
    const file = await page.write()
    if (file !== undefined && !options.quiet) messages.note(`wrote ${file}`)
    return exitCode
  } catch (error) {
    messages.error(`cannot write the report: ${(error as Error).message}`)
    return exitCode === 0 ? 3 : exitCode
  }
}

/** Settings that cannot be followed are told when the telemetry is set up. */
function asksForExporters(env: NodeJS.ProcessEnv): boolean {
  try {
    return hasExporters(env)
  } catch {
    return true
  }
}

function giveUpFor(options: BridgeOptions, readsStdin: boolean): number {
  if (options.giveUp !== undefined) return options.giveUp * 1000
  if (readsStdin) return GIVE_UP_STDIN_MS
  return options.follow ? Number.POSITIVE_INFINITY : GIVE_UP_FILES_MS
}

/** What the system's errors say of where. */
interface Place {
  readonly address?: string
  /** Of a name that is not known. */
  readonly hostname?: string
  readonly port?: number
}

function failedStart(error: unknown, options: BridgeOptions, messages: Messages): number {
  const { code, message } = error as NodeJS.ErrnoException
  if (error instanceof UsageError || error instanceof EnvironmentError) messages.error(message)
  else if (error instanceof StateError) {
    messages.error(message)
    return 2
  } else if (code === 'EADDRINUSE' || code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    const { address, hostname, port } = error as NodeJS.ErrnoException & Place
    const { ui } = options
    const what = ui !== undefined && ui.port === port ? 'the page' : '/metrics'
    const option = what === 'the page' ? '--ui' : '--prometheus'
    const place = options.prometheus ?? { host: '127.0.0.1', port: 9464 }
    const where = hostname ?? `${address ?? place.host}:${port ?? place.port}`
    messages.error(`cannot serve ${what} on ${where} (${code}); choose another with ${option}`)
  } else messages.error(`cannot start: ${message}`)
  return 1
}
