import type { HrTime } from '@opentelemetry/api'

const NANOSECONDS_PER_SECOND = 1_000_000_000
const NANOSECONDS_PER_MILLISECOND = 1_000_000

/** How far, in ms, the wall clock may seem to be from this one before this one is set by it. */
const TOLERANCE = 1

/** A pair of readings taken further apart than this, in ms, says nothing: the process was interrupted. */
const LONGEST_READING = 0.5

/** The share of its speed that a clock which is ahead of the wall clock gives up until it is level. */
const SLOWING = 0.1

/** The two clocks of a machine, both in milliseconds. */
export interface ClockSources {
  /** Never goes back; any origin; as fine as the machine has it. */
  monotonic(): number
  /** Milliseconds since 1970; may be whole; may be set forward and back while the process runs. */
  wall(): number
  /**
   * The wall clock's milliseconds at which `monotonic` was 0, where the machine tells it more finely than
   * `wall` does.
   */
  readonly origin?: number
}

/**
 * Makes a clock with the fineness of the monotonic clock, anchored to the wall clock.
 *
 * Each reading compares the two. A wall clock that has gone ahead (it was set, or the machine slept, and
 * the monotonic clock with it) is followed at once. One that was set back is waited for: this clock runs
 * at nine tenths of its speed until they are level, so that it never goes back and durations stay within a
 * tenth of the truth.
 */
export function createClock(sources: ClockSources): () => HrTime {
  let last = sources.monotonic()
  // Where the wall clock stood, in ms, when the monotonic clock was 0. A whole-millisecond wall clock is
  // half a millisecond behind on average.
  let offset = sources.wall() - last + 0.5
  if (sources.origin !== undefined && Math.abs(sources.origin - offset) <= TOLERANCE) offset = sources.origin
  let offsetSeconds = 0
  let offsetNanoseconds = 0
  setOffset(offset)

  function setOffset(milliseconds: number): void {
    offset = milliseconds
    // Kept in two parts: in one number there would be room for a quarter of a microsecond only.
    offsetSeconds = Math.floor(milliseconds / 1000)
    offsetNanoseconds = (milliseconds - offsetSeconds * 1000) * NANOSECONDS_PER_MILLISECOND
  }

  function follow(wall: number, monotonic: number, elapsed: number): void {
    if (sources.monotonic() - monotonic > LONGEST_READING) return
    const target = wall - monotonic + 0.5
    setOffset(target > offset ? target : Math.max(target, offset - elapsed * SLOWING))
  }

  return function read(): HrTime {
    const monotonic = Math.max(sources.monotonic(), last)
    const wall = sources.wall()
    const ahead = offset + monotonic - wall
    if (ahead < -TOLERANCE || ahead > 1 + TOLERANCE) follow(wall, monotonic, monotonic - last)
    last = monotonic
    const nanoseconds = offsetNanoseconds + monotonic * NANOSECONDS_PER_MILLISECOND
    const seconds = Math.floor(nanoseconds / NANOSECONDS_PER_SECOND)
    return [offsetSeconds + seconds, Math.floor(nanoseconds - seconds * NANOSECONDS_PER_SECOND)]
  }
}

/**
 * The time now, with the nanoseconds of the machine's monotonic clock. Within a process it never goes back.
 */
export const now: () => HrTime = createClock({
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  origin: performance.timeOrigin,
})
