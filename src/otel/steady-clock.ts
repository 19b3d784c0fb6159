import type { ListenerClock } from './options.js'

/** A clock of the program's own as a clock should be: it does not throw, stand at NaN, or go back. */
export function steadyClock(clock: ListenerClock): ListenerClock {
  let last: number | undefined
  return {
    now: () => {
      try {
        const now = clock.now()
        if (Number.isFinite(now) && (last === undefined || now > last)) last = now
      } catch {
        // The time stands still until it can be read again.
      }
      return last ?? 0
    },
  }
}
