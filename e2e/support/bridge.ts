import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The built bridge, as its users start it. */
export const BRIDGE = fileURLToPath(new URL('../../bridge/dist/main.js', import.meta.url))

export interface BridgeRun {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningBridge {
  /** Writes to the bridge's standard input, and waits while it is full. */
  write(text: string | Buffer): Promise<void>
  /** Closes the standard input and waits for the exit. */
  end(): Promise<BridgeRun>
}

export interface BridgeSettings {
  readonly service: string
  /** OTLP over HTTP; left out, no traces are sent. */
  readonly otlpEndpoint?: string
  readonly environment?: Readonly<Record<string, string>>
}

/** Starts the bridge on its standard input or on the files that the arguments name. */
export function startBridge(args: readonly string[], settings: BridgeSettings): RunningBridge {
  const child = spawn(process.execPath, [BRIDGE, ...args], {
    env: { ...withoutOtel(process.env), ...environmentOf(settings) },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output.stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    output.stderr += chunk
  })
  // A bridge that has exited breaks the pipe; its exit status and stderr tell why.
  child.stdin.on('error', () => {})
  const exited = new Promise<BridgeRun>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, ...output }))
  })
  return {
    write: (text) =>
      child.stdin.write(text) || child.stdin.destroyed
        ? Promise.resolve()
        : new Promise((resolve) => {
            child.stdin.once('drain', resolve)
            child.stdin.once('close', resolve)
          }),
    end: () => {
      child.stdin.end()
      return exited
    },
  }
}

/** Runs the bridge over files to its end. */
export function runBridge(args: readonly string[], settings: BridgeSettings): Promise<BridgeRun> {
  return startBridge(args, settings).end()
}

function environmentOf(settings: BridgeSettings): Record<string, string> {
  return {
    OTEL_SERVICE_NAME: settings.service,
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    ...(settings.otlpEndpoint === undefined
      ? { OTEL_TRACES_EXPORTER: 'none' }
      : { OTEL_EXPORTER_OTLP_ENDPOINT: settings.otlpEndpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }),
    ...settings.environment,
  }
}

/** The surroundings' own OpenTelemetry settings have no say in the tests. */
function withoutOtel(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('OTEL_')))
}
