/** Runs the bridge, which makes traces and metrics out of event lines. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const BRIDGE = fileURLToPath(new URL('../../bridge/dist/main.js', import.meta.url))

/** The bridge behind a pipe: to `OTEL_EXPORTER_OTLP_ENDPOINT`, and to a scraper. */
export function startBridge(args, env) {
  const child = spawn(process.execPath, [BRIDGE, ...args], { env, stdio: ['pipe', 'inherit', 'inherit'] })
  // It says itself what went wrong; its exit status is ours.
  child.stdin.on('error', () => undefined)
  const ended = once(child, 'exit').then(([code]) => code ?? 1)
  return { ended, stdin: child.stdin }
}

/** What the bridge prints of event lines, on the terminal alone, and its exit status: it says itself what went wrong. */
export async function drawn(args) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('OTEL_')))
  // Not told by a pipe: the width and the colours of the terminal it is drawn on in the end.
  if (process.stdout.isTTY) {
    env.COLUMNS = String(process.stdout.columns)
    if (process.stdout.hasColors()) env.FORCE_COLOR = '1'
  }
  const child = spawn(process.execPath, [BRIDGE, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  const [code] = await once(child, 'close')
  return { text, status: code ?? 1 }
}
