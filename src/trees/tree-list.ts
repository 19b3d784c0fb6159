import type { Tree } from './tree.js'

/** Trees in the order they came, linked by themselves: none is searched for, and leaving costs nothing. */
export class TreeList {
  #first: Tree | undefined = undefined
  #last: Tree | undefined = undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The one that came first. */
  get first(): Tree | undefined {
    return this.#first
  }

  /** Adds a tree at the end. It must not stand in any list. */
  add(tree: Tree): void {
    const last = this.#last
    tree.previous = last
    if (last === undefined) this.#first = tree
    else last.next = tree
    this.#last = tree
    this.#size += 1
  }

  /** Takes a tree out. It must stand in this list. */
  remove(tree: Tree): void {
    const { previous, next } = tree
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    tree.previous = undefined
    tree.next = undefined
    this.#size -= 1
  }

  /** The one that came first is taken out on the way; others must stay. */
  *[Symbol.iterator](): Generator<Tree> {
    let tree = this.#first
    while (tree !== undefined) {
      const next: Tree | undefined = tree.next
      yield tree
      tree = next
    }
  }
}
