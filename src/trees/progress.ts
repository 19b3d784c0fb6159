import type { HrTime } from '@opentelemetry/api'
import { Lateness } from './lateness.js'
import type { Tree } from './tree.js'

/** Publications between two looks for trees that were left behind. */
const LOOK_EVERY = 4096

/**
 * How far a stream has come, by the publications seen and by the events' own time. The clock stands still while a
 * file is read, and no silence ends then: calls whose end was lost would gather for the whole of it.
 */
export class Progress {
  readonly #settling: number
  readonly #idleSeconds: number
  readonly #lateness: Lateness
  #publications = 0
  /** When the newest event of all began, in seconds. */
  #newest = 0

  /**
   * @param settlingEvents how many events late a line may be
   * @param idleTimeout milliseconds of silence after which nothing more is expected
   */
  constructor(settlingEvents: number, idleTimeout: number) {
    this.#settling = settlingEvents
    this.#idleSeconds = idleTimeout / 1000
    this.#lateness = new Lateness(settlingEvents)
  }

  /**
   * Hears of a publication.
   *
   * @param start when its event began
   * @returns whether it is time for a look at those {@link leftBehind}
   */
  hear(tree: Tree, start: HrTime | undefined): boolean {
    this.#publications += 1
    tree.heardAfter = this.#publications
    if (start !== undefined && start[0] > tree.newest) {
      tree.newest = start[0]
      if (start[0] > this.#newest) this.#newest = start[0]
    }
    return this.#publications % LOOK_EVERY === 0
  }

  /** The Finish of a tree was seen. */
  finished(tree: Tree): void {
    tree.finishedAfter = this.#publications
  }

  /** An event of a tree's operation came after its Finish. */
  cameLate(tree: Tree): void {
    this.#lateness.hear(this.#publications - tree.finishedAfter)
  }

  /** How many events of trees that are over are worth holding for late lines. */
  worthHolding(): number {
    return this.#lateness.worth(this.#publications)
  }

  /**
   * The trees that are silent by the events' own time: it has left them behind by the idle timeout, and as many
   * events came since as may come late.
   */
  leftBehind(open: Iterable<Tree>): Tree[] {
    const heardBefore = this.#publications - this.#settling
    const newestBefore = this.#newest - this.#idleSeconds
    const left: Tree[] = []
    for (const tree of open) if (tree.heardAfter < heardBefore && tree.newest < newestBefore) left.push(tree)
    return left
  }
}
