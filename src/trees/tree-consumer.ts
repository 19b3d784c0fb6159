import type { TreeLimits } from './limits.js'
import type { TreeNode } from './node.js'
import type { Tree } from './tree.js'

/** Why a tree is handed over. */
export type ReadyReason = 'over' | 'segment' | 'idle' | 'flush' | 'limit'

/** Takes what the forest has gathered. */
export interface TreeConsumer {
  /** The tree's pending nodes are to be exported now; it calls `Forest.release` when it is done. */
  onReady(tree: Tree, reason: ReadyReason): void
  /** A node is dropped from an overlong tree and must be summed up first. */
  onCondense(tree: Tree, node: TreeNode): void
  /** A bound was hit `count` times. */
  onLimit(limit: keyof TreeLimits, count: number): void
  /** The tree is forgotten: what comes for it later starts anew. */
  onForget(tree: Tree): void
}

/** How a forest measures time; see the options of the same names of `OtelListener`. */
export interface ForestOptions {
  /** Milliseconds an operation's tree waits for late lines after its Finish. */
  readonly settle: number
  /** Milliseconds of silence after which an unfinished tree is handed over as it is. */
  readonly idleTimeout: number
  readonly limits: TreeLimits
}
