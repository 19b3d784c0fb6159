import { constants } from 'node:os'

/** What the process is told from outside. */
export interface SignalHandlers {
  /** The first request to end. */
  stop(signal: NodeJS.Signals): void
  /** The second one: at once. */
  kill(exitCode: number): void
  /** SIGHUP of a program that runs in the background: look at the files again. */
  refresh?: (() => void) | undefined
}

/** Exit status of a process ended by a signal, as shells tell it. */
export const signalExitCode = (signal: NodeJS.Signals): number => 128 + constants.signals[signal]

/** Listens for SIGINT, SIGTERM and SIGHUP; the returned function stops listening. */
export function handleSignals(handlers: SignalHandlers): () => void {
  let stopping = false
  const end = (signal: NodeJS.Signals): void => {
    if (stopping) handlers.kill(signalExitCode(signal))
    else {
      stopping = true
      handlers.stop(signal)
    }
  }
  const hangUp = (signal: NodeJS.Signals): void => {
    if (handlers.refresh === undefined) end(signal)
    else handlers.refresh()
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  process.on('SIGHUP', hangUp)
  return () => {
    process.off('SIGINT', end)
    process.off('SIGTERM', end)
    process.off('SIGHUP', hangUp)
  }
}
