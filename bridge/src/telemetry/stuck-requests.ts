import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'

const STARTED = 'http.client.request.start'
const LOOK_MS = 1_000

/**
 * Cuts off this process's HTTP requests that take longer than `ms`, so that exports that were given up do not hold
 * their connections, and their exporter, for ever. The exporters offer no way to do so.
 *
 * @returns ends it
 */
export function cutStuckRequests(ms: number): () => void {
  const open = new Map<ClientRequest, number>()
  const onStart = (message: unknown): void => {
    const { request } = message as { request: ClientRequest }
    open.set(request, performance.now())
    request.once('close', () => open.delete(request))
  }
  const look = setInterval(() => {
    for (const [request, started] of open) {
      if (performance.now() - started < ms) continue
      open.delete(request)
      request.destroy()
    }
  }, LOOK_MS)
  look.unref()
  subscribe(STARTED, onStart)
  return () => {
    unsubscribe(STARTED, onStart)
    clearInterval(look)
  }
}
