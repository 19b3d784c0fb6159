/**
 * The bounds of everything that grows while trees are gathered. Each is counted when it is hit, under the
 * name of its field, and none is silent.
 */
export interface TreeLimits {
  /**
   * Trees gathered at the same time. One more makes the tree that was silent longest be exported as it is,
   * marked unfinished. A tree is one Lock or Unlock call under way: more than this many at once in one
   * process means that calls never end.
   * @default 10_000
   */
  readonly openTrees: number
  /**
   * Events held for one tree before it is over. Beyond it the middle of the tree is summed up (its counts,
   * storage times and contentions are kept) and only its beginning and end become spans.
   * @default 5_000 — more spans than that in one trace no backend draws
   */
  readonly eventsPerTree: number
  /**
   * Events held for all trees together. Beyond it trees that are over are exported before their settle
   * window ends, then the ones that were silent longest. About 1 KB each.
   * @default 40_000
   */
  readonly retainedEvents: number
  /**
   * Events of trees that are over and wait for late lines only. Beyond it the trees that ended first are exported
   * before their settle window ends, which is no loss and not counted. About 1 KB each. Once so many events were seen
   * and hardly any came late, fewer are held.
   * @default 20_000
   */
  readonly settlingEvents: number
  /**
   * Exported trees that are remembered, so that what comes late (a renewal hours later, a repeated line)
   * finds its parents. Trees whose lock is still held are forgotten last. About 2 KB each.
   * @default 2_048 — some minutes of calls in a busy process; late lines come within seconds
   */
  readonly rememberedTrees: number
}

/** What applies when an option is left out. */
export const DEFAULT_TREE_LIMITS: TreeLimits = Object.freeze({
  openTrees: 10_000,
  eventsPerTree: 5_000,
  retainedEvents: 40_000,
  settlingEvents: 20_000,
  rememberedTrees: 2_048,
})
