import { DueQueue } from './due-queue.js'
import type { Tree } from './tree.js'

/** A tree whose result is known but whose Finish is missing waits this long at least for it. */
const SOFT_SETTLE_MS = 1000

/** What open trees wait for, and which of them have waited long enough. */
export class DueTrees {
  readonly #settling: DueQueue<Tree>
  readonly #decided: DueQueue<Tree>
  readonly #segments: DueQueue<Tree>
  readonly #stopped: DueQueue<Tree>
  readonly #silent: DueQueue<Tree>

  /**
   * @param settle milliseconds that late lines are waited for
   * @param idleTimeout milliseconds of silence after which nothing more is expected
   */
  constructor(settle: number, idleTimeout: number) {
    const softSettle = Math.max(settle, SOFT_SETTLE_MS)
    this.#settling = new DueQueue(settle, (tree) => (isGathered(tree) ? tree.lastOperationNews : undefined))
    this.#decided = new DueQueue(softSettle, (tree) =>
      isGathered(tree) && !tree.finished ? tree.lastNews : undefined,
    )
    // The lines of a renewal may come out of order too; but one renewal after the other must not put it off.
    this.#segments = new DueQueue(settle, (tree) =>
      tree.exported && tree.segmentEnded && tree.open
        ? Math.min(tree.lastNews, tree.segmentEndedAt + settle)
        : undefined,
    )
    this.#stopped = new DueQueue(softSettle, (tree) =>
      tree.segmentDecided && tree.open ? tree.lastNews : undefined,
    )
    this.#silent = new DueQueue(idleTimeout, (tree) => (tree.open ? tree.lastNews : undefined))
  }

  /** A tree is open from now on: its silence is measured. */
  opened(tree: Tree, now: number): void {
    this.#silent.push(tree, now)
  }

  /** Its Finish was seen. */
  finished(tree: Tree, now: number): void {
    this.#settling.push(tree, now)
  }

  /** Its outcome was seen, and no Finish. */
  decided(tree: Tree, now: number): void {
    this.#decided.push(tree, now)
  }

  /** Its watch dog was told to stop, or a call that was exported before it was over is over soon. */
  stopped(tree: Tree, now: number): void {
    this.#stopped.push(tree, now)
  }

  /** A renewal, or its watch dog, ended. */
  segmentEnded(tree: Tree, now: number): void {
    this.#segments.push(tree, now)
  }

  /** Takes the next tree whose operation is over. */
  takeOver(now: number): Tree | undefined {
    return this.#settling.takeDue(now) ?? this.#decided.takeDue(now)
  }

  /** Takes the next tree of which a renewal or the watch dog is over. */
  takeSegment(now: number): Tree | undefined {
    return this.#segments.takeDue(now)
  }

  /** Takes the next tree whose watch dog stopped and said no more. */
  takeStopped(now: number): Tree | undefined {
    return this.#stopped.takeDue(now)
  }

  /** Takes the next tree that was silent for too long. */
  takeSilent(now: number): Tree | undefined {
    return this.#silent.takeDue(now)
  }

  /** The tree that waits longest for its settle window; it goes on waiting. */
  longestSettling(): Tree | undefined {
    return this.#settling.peek()
  }

  /** Takes that tree, whether its window is over or not. */
  takeLongestSettling(): Tree | undefined {
    return this.#settling.takeOldest()
  }

  /** Takes the tree that has been open longest. */
  takeLongestOpen(): Tree | undefined {
    return this.#silent.takeOldest()
  }

  /** The earliest moment at which any of them may be due. */
  nextDue(): number {
    return Math.min(
      this.#segments.nextDue(),
      this.#settling.nextDue(),
      this.#decided.nextDue(),
      this.#stopped.nextDue(),
      this.#silent.nextDue(),
    )
  }
}

/** Whether the tree's operation is still to be exported. */
export function isGathered(tree: Tree): boolean {
  return !tree.exported && tree.open
}
