import type { Tree } from './tree.js'
import { TreeList } from './tree-list.js'

/** So many trees of held locks are passed over, at most, to find one to forget. */
const PINNED_TRIES = 32

/**
 * All trees by their root ids: those that are open, and the exported ones that are remembered, oldest first, up to a
 * bound. Those whose lock is still held are forgotten last.
 */
export class TreeStore {
  readonly #trees = new Map<string, Tree>()
  readonly #open = new TreeList()
  readonly #remembered = new TreeList()
  readonly #bound: number
  readonly #onForget: (tree: Tree) => void

  /**
   * @param bound the most exported trees remembered
   * @param onForget told of each tree that is forgotten because of the bound
   */
  constructor(bound: number, onForget: (tree: Tree) => void) {
    this.#bound = bound
    this.#onForget = onForget
  }

  /** Trees with something to export. */
  get open(): TreeList {
    return this.#open
  }

  /** How many exported trees are remembered. */
  get remembered(): number {
    return this.#remembered.size
  }

  /** The tree of a root id, open or remembered. */
  find(rootId: string): Tree | undefined {
    return this.#trees.get(rootId)
  }

  /** Opens a tree, a new one or one that was remembered. */
  enter(tree: Tree): void {
    if (this.#trees.get(tree.rootId) === tree) this.#remembered.remove(tree)
    else this.#trees.set(tree.rootId, tree)
    tree.open = true
    this.#open.add(tree)
  }

  /** Remembers an open tree of which everything is exported. */
  close(tree: Tree): void {
    tree.open = false
    this.#open.remove(tree)
    this.#remembered.add(tree)
    if (!tree.held) tree.freeze()
    if (this.#remembered.size > this.#bound) this.#forgetOne()
  }

  /** A bounded number of pinned trees goes to the back of the line; then the oldest goes, pinned or not. */
  #forgetOne(): void {
    let tree = this.#remembered.first as Tree
    for (let tries = 0; tree.pinned && tries < PINNED_TRIES; tries++) {
      this.#remembered.remove(tree)
      this.#remembered.add(tree)
      tree = this.#remembered.first as Tree
    }
    this.#remembered.remove(tree)
    this.#trees.delete(tree.rootId)
    this.#onForget(tree)
  }
}
