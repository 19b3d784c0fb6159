import type { HrTime } from '@opentelemetry/api'

const NANOSECONDS_PER_SECOND = 1_000_000_000
const NANOSECONDS_PER_MILLISECOND = 1_000_000

/** How often, in ms, the wall clock is looked at: bursts of readings then cost half. */
const LOOK_INTERVAL = 1

/** How far apart, in ms, the two clocks may seem to be before something is done about it. */
const TOLERANCE = 1

/** A wall clock that tells whole milliseconds is this much of one behind, on average. */
const HALF = 0.5

/** Readings of the two clocks taken further apart than this, in ms, are no pair: the process was interrupted. */
const LONGEST_LOOK = 0.5

/** The speed of a clock that waits for the wall clock. */
const SLOW = 0.9

/** The two clocks of a machine, both in milliseconds. */
export interface ClockSources {
  /** Never goes back; any origin; as fine as the machine has it. */
  monotonic(): number
  /** Milliseconds since 1970; may be whole ones; may be set forward and back while the process runs. */
  wall(): number
  /** What `wall` would have said when `monotonic` was 0, where the machine tells it more finely. */
  readonly origin?: number
}

/**
 * Makes a clock with the fineness of the monotonic clock, anchored to the wall clock, whichever way that
 * goes:
 * - Gone ahead by more than a millisecond (it was set, or the machine slept and its monotonic clock too): it
 *   is followed at once.
 * - Set back: it is waited for. This clock runs at nine tenths of its speed until the two are level, so it
 *   never goes back and durations are within a tenth of the truth.
 *
 * @example
 * const now = createClock({ monotonic: () => performance.now(), wall: () => Date.now() })
 */
export function createClock(sources: ClockSources): () => HrTime {
  // The clock is a straight line from an anchor: a monotonic reading and the time it was. The time is in two
  // parts, since one number has room for a quarter of a microsecond only.
  let anchor = sources.monotonic()
  let anchorSeconds = 0
  let anchorNanoseconds = 0
  let speed = 1
  let last = anchor
  let lookedAt = anchor
  setAnchor(firstTime(sources, anchor), anchor)

  function setAnchor(milliseconds: number, monotonic: number): void {
    anchor = monotonic
    anchorSeconds = Math.floor(milliseconds / 1000)
    anchorNanoseconds = (milliseconds - anchorSeconds * 1000) * NANOSECONDS_PER_MILLISECOND
  }

  function setSpeed(next: number, monotonic: number): void {
    anchorNanoseconds += (monotonic - anchor) * speed * NANOSECONDS_PER_MILLISECOND
    const seconds = Math.floor(anchorNanoseconds / NANOSECONDS_PER_SECOND)
    anchorNanoseconds -= seconds * NANOSECONDS_PER_SECOND
    anchorSeconds += seconds
    anchor = monotonic
    speed = next
  }

  // Monotonic clocks do not go back, but a test that fakes the time puts another in their place.
  function restartFrom(monotonic: number): void {
    setSpeed(speed, last)
    anchor = monotonic
    lookedAt = Number.NEGATIVE_INFINITY
  }

  function lookAtWall(monotonic: number): void {
    const wall = sources.wall()
    const time = anchorSeconds * 1000 + anchorNanoseconds / NANOSECONDS_PER_MILLISECOND
    const ahead = time + (monotonic - anchor) * speed - wall
    if (ahead < -TOLERANCE || ahead > 1 + TOLERANCE) {
      if (sources.monotonic() - monotonic > LONGEST_LOOK) return
    }
    lookedAt = monotonic
    if (ahead < -TOLERANCE) {
      speed = 1
      setAnchor(wall + HALF, monotonic)
    } else if (speed === 1 ? ahead > 1 + TOLERANCE : ahead <= HALF) {
      setSpeed(speed === 1 ? SLOW : 1, monotonic)
    }
  }

  return function read(): HrTime {
    const monotonic = sources.monotonic()
    if (monotonic < last) restartFrom(monotonic)
    last = monotonic
    if (monotonic - lookedAt >= LOOK_INTERVAL) lookAtWall(monotonic)
    const nanoseconds = anchorNanoseconds + (monotonic - anchor) * speed * NANOSECONDS_PER_MILLISECOND
    const seconds = Math.floor(nanoseconds / NANOSECONDS_PER_SECOND)
    return [anchorSeconds + seconds, Math.floor(nanoseconds - seconds * NANOSECONDS_PER_SECOND)]
  }
}

/** The time at a monotonic reading, as finely as the machine tells it and the wall clock bears it out. */
function firstTime(sources: ClockSources, monotonic: number): number {
  const coarse = sources.wall() + HALF
  if (sources.origin === undefined) return coarse
  const fine = sources.origin + monotonic
  return Math.abs(fine - coarse) <= TOLERANCE ? fine : coarse
}

/**
 * The time now, with the nanoseconds of the machine's monotonic clock. Within a process it never goes back.
 *
 * Counterpart of Go's `time.Now`.
 *
 * @example
 * const waited = secondsBetween(began, now())
 */
export const now: () => HrTime = createClock({
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  origin: performance.timeOrigin,
})
