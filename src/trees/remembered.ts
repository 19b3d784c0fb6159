import type { Tree } from './tree.js'

/** Exported trees, oldest first, up to a bound; those whose lock is still held are forgotten last. */
export class Remembered {
  readonly #trees = new Map<string, Tree>()
  readonly #bound: number
  readonly #onForget: (tree: Tree) => void
  // Goes on where it stopped: a new one would step over all that was deleted at the front, each time.
  #oldest: IterableIterator<Tree>

  constructor(bound: number, onForget: (tree: Tree) => void) {
    this.#bound = bound
    this.#onForget = onForget
    this.#oldest = this.#trees.values()
  }

  get size(): number {
    return this.#trees.size
  }

  add(tree: Tree): void {
    this.#trees.set(tree.rootId, tree)
    if (this.#trees.size > this.#bound) this.#forgetOne()
  }

  /** Takes a tree back because there is news of it. */
  take(rootId: string): Tree | undefined {
    const tree = this.#trees.get(rootId)
    if (tree !== undefined) this.#trees.delete(rootId)
    return tree
  }

  #forgetOne(): void {
    // A bounded number of pinned trees goes to the back of the line; then the oldest goes, pinned or not.
    for (let tries = 0; ; tries++) {
      const tree = this.#next()
      this.#trees.delete(tree.rootId)
      if (!tree.pinned || tries >= 32) {
        this.#onForget(tree)
        return
      }
      this.#trees.set(tree.rootId, tree)
    }
  }

  #next(): Tree {
    let next = this.#oldest.next()
    if (next.done === true) {
      this.#oldest = this.#trees.values()
      next = this.#oldest.next()
    }
    return next.value as Tree
  }
}
