/** Waits until everything that is due in this turn of the event loop is done. */
export function turn() {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/**
 * Measures candidates that do the same work in different ways, interleaved: in every round each runs once, in
 * an order that changes from round to round, so that what else the machine does meets all of them alike.
 * Processor time is measured, of all threads (so with the garbage collector's), not time on the wall: waiting
 * for a processor that others use is nobody's cost.
 *
 * @param candidates `{ name, prepare?(input), run(input), verify?(input) }`; only `run` is timed
 * @param rounds how many rounds count; `warmUp` more run before them
 * @param input makes what all candidates of a round are given
 * @returns milliseconds by candidate, one for each round, in the same order
 */
export async function interleave(candidates, { rounds, warmUp = 2, input = () => undefined }) {
  const times = new Map(candidates.map(({ name }) => [name, []]))
  for (let round = -warmUp; round < rounds; round++) {
    const given = await input(round)
    for (let turnOf = 0; turnOf < candidates.length; turnOf++) {
      const candidate = candidates[(turnOf + Math.max(0, round)) % candidates.length]
      await candidate.prepare?.(given)
      // Twice, so that the input is old: moving it about would be everybody's cost, at anybody's time. Not a full
      // collection, which throws away compiled code as well.
      globalThis.gc?.({ type: 'minor' })
      globalThis.gc?.({ type: 'minor' })
      const before = process.cpuUsage()
      await candidate.run(given)
      const { user, system } = process.cpuUsage(before)
      const spent = (user + system) / 1000
      await candidate.verify?.(given)
      if (round >= 0) times.get(candidate.name).push(spent)
    }
  }
  return times
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Median, and the quartiles around it. */
export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.round(share * (sorted.length - 1)))]
  return { median: median(values), low: at(0.25), high: at(0.75), rounds: values.length }
}

/** The ratio of two candidates, round by round: what slowed both in a round cancels out. */
export function ratio(times, other) {
  return summary(times.map((time, round) => time / other[round]))
}
