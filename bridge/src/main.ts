#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { HELP } from './cli/help.js'
import { parseCommand, UsageError } from './cli/options.js'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

async function main(): Promise<number> {
  const command = parseCommand(process.argv.slice(2))
  if (command.kind === 'help') process.stdout.write(HELP)
  else if (command.kind === 'version') process.stdout.write(`${version}\n`)
  else {
    // The SDK takes a moment to load; help and mistakes need not wait for it.
    const { runBridge } = await import('./app/run.js')
    return runBridge(command.options)
  }
  return 0
}

function fail(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`storage-lock-otel-bridge: ${error.message}\nTry storage-lock-otel-bridge --help.\n`)
    return 1
  }
  process.stderr.write(`storage-lock-otel-bridge: ${error instanceof Error ? error.stack : String(error)}\n`)
  return 1
}

// A reader of the output that went away is no reason to stop the export.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)

const exitCode = await main().catch(fail)
// Set, and not exit(): what is written to a pipe may still be on its way.
process.exitCode = exitCode
// Idle connections and a stdin that stays open must not keep a finished bridge alive.
setTimeout(() => process.exit(exitCode), 500).unref()
