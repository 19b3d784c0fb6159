/** What a worker measured around its own calls, in milliseconds. */
export interface Measured {
  readonly waits: number[]
  readonly holds: number[]
}

/** Lets other work run for a while. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/**
 * Lets workers contend: each takes and gives back the lock some times.
 *
 * @param cycle takes the lock, calls `held` when it has it, and calls `released` when it has given it back
 */
export async function contend(
  workers: number,
  cycles: number,
  cycle: (worker: number, held: () => void, released: () => void) => Promise<void>,
): Promise<Measured> {
  const measured: Measured = { waits: [], holds: [] }
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (let i = 0; i < cycles; i++) {
        const asked = performance.now()
        let since = Number.NaN
        await cycle(
          worker,
          () => {
            since = performance.now()
            measured.waits.push(since - asked)
          },
          () => {
            measured.holds.push(performance.now() - since)
          },
        )
      }
    }),
  )
  return measured
}

/**
 * The share of figures, in any order, that are within 2 ms of each other. A loaded machine keeps a worker
 * waiting between its clock and the lock's now and then.
 */
export function shareWithin2ms(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return 0
  const [x, y] = [a.toSorted((p, q) => p - q), b.toSorted((p, q) => p - q)]
  return x.filter((value, index) => Math.abs(value - (y[index] ?? Number.NaN)) < 2).length / x.length
}
