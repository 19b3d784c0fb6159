import type { HrTime } from '@opentelemetry/api'
import type { Event } from '../events/index.js'
import { condense } from './condense.js'
import { DueTrees, isGathered } from './due-trees.js'
import { forgetNodes } from './forget-nodes.js'
import type { TreeLimits } from './limits.js'
import { isBefore, startOf } from './moments.js'
import { TreeNode } from './node.js'
import { Progress } from './progress.js'
import { endOfCall, isFuller } from './publication.js'
import { MEANING_SHIFT, Signal, signalsIn, type TreeSemantics } from './semantics.js'
import { Tree } from './tree.js'
import type { ForestOptions, TreeConsumer } from './tree-consumer.js'
import { byEnd, byEndDescending, hasLater } from './tree-order.js'
import { TreeStore } from './tree-store.js'

/**
 * Gathers publications into trees: repeated and reordered ones too, until each tree is over. Does no I/O,
 * starts no timer and reads no clock: the moment is handed in.
 */
export class Forest {
  readonly #store: TreeStore
  readonly #due: DueTrees
  readonly #progress: Progress
  readonly #limits: TreeLimits
  readonly #semantics: TreeSemantics
  readonly #consumer: TreeConsumer
  /** Trees that are over, those that ended first last. */
  #ready: Tree[] = []
  #retained = 0
  /** Events of trees that are over: they wait for late lines only. */
  #over = 0
  #last: Tree | undefined = undefined

  constructor(options: ForestOptions, semantics: TreeSemantics, consumer: TreeConsumer) {
    const { limits, settle, idleTimeout } = options
    this.#limits = limits
    this.#semantics = semantics
    this.#consumer = consumer
    this.#due = new DueTrees(settle, idleTimeout)
    this.#progress = new Progress(limits.settlingEvents, idleTimeout)
    this.#store = new TreeStore(limits.rememberedTrees, (tree) => {
      // To forget a tree that is over is the way of things; one whose lock is held still is a loss.
      if (tree.pinned) consumer.onLimit('rememberedTrees', 1)
      consumer.onForget(tree)
    })
  }

  /** Trees with something to export. */
  get openTrees(): number {
    return this.#store.open.size
  }

  /** Events held for export. */
  get retainedEvents(): number {
    return this.#retained
  }

  get rememberedTrees(): number {
    return this.#store.remembered
  }

  /** When the call ended that waits longest for its settle window: nothing later is told in full yet. */
  oldestUnsettled(): HrTime | undefined {
    return (this.#ready.at(-1) ?? this.#due.longestSettling())?.finishTime
  }

  /** The trees that are open now, in no promised order. */
  open(): Iterable<Tree> {
    return this.#store.open
  }

  /**
   * Files one publication.
   *
   * @param actionCount how many of `event.actions` were there when it was published
   * @param context the `ctx` it was published with
   * @param now milliseconds on the forest's clock
   * @returns whether it said anything new
   */
  add(event: Event, actionCount: number, context: unknown, now: number): boolean {
    const tree = this.#treeOf(event, context, now)
    const id = event.id
    let node = tree.nodes.get(id)
    let signals = Signal.None as number
    let from = 0
    if (node === undefined) {
      node = new TreeNode(id, event, actionCount)
      tree.nodes.set(id, node)
      this.#keep(tree, node)
      if (!tree.exported) tree.hear(event, node.start)
      signals = this.#semantics.signalOfEvent(event)
    } else if (!node.published) {
      // Named before as somebody's parent; now here itself.
      node.published = true
      node.take(event)
      node.actionCount = actionCount
      if (!tree.exported) tree.hear(event, node.start)
      signals = this.#semantics.signalOfEvent(event)
      if (node.exported) this.#grow(tree, node, event)
      else this.#keep(tree, node)
    } else if (actionCount > node.actionCount) {
      from = node.actionCount
      node.actionCount = actionCount
      if (node.exported) this.#grow(tree, node, event)
      else node.take(event)
    } else {
      if (node.event !== undefined && node.event !== event && isFuller(event, node.event)) node.take(event)
      return false
    }
    tree.lastNews = now
    const look = this.#progress.hear(tree, node.start)
    for (let i = from; i < actionCount; i++) {
      const action = event.actions[i]
      if (action === undefined || action === null) continue
      const said = this.#semantics.signalOfAction(event, action.name)
      if (i === 0) node.meaning = said >> MEANING_SHIFT
      const signal = signalsIn(said)
      if (signal === 0) continue
      signals |= signal
      if (signal & (Signal.Finish | Signal.Outcome))
        tree.ends(endOfCall(event, action.startTime), (signal & Signal.Finish) !== 0)
    }
    this.#heed(tree, node.start, signals, now)
    this.#keepShort(tree, signals)
    if (this.#over > this.#progress.worthHolding()) this.#settleOne()
    if (this.#retained > this.#limits.retainedEvents) this.#evictOne('retainedEvents')
    if (look) this.#letGoSilent()
    return true
  }

  /** An overlong tree goes out in parts, or is summed up. */
  #keepShort(tree: Tree, signals: number): void {
    const long = tree.pending.length
    if (
      long * 2 > this.#limits.eventsPerTree &&
      signals & Signal.SegmentEnd &&
      (tree.finished || tree.exported)
    ) {
      // A lock that is held for days: what is complete goes out, so that every renewal is told in full.
      this.#consumer.onReady(tree, tree.exported ? 'segment' : 'over')
    } else if (long > this.#limits.eventsPerTree) {
      const dropped = condense(tree, this.#limits.eventsPerTree, (dropping) =>
        this.#consumer.onCondense(tree, dropping),
      )
      this.#retained -= dropped
      this.#consumer.onLimit('eventsPerTree', dropped)
    }
  }

  /**
   * Hands over every tree that is over, or was silent too long, at `now`.
   *
   * @param goOn asked after each tree; false leaves the others for the next sweep
   * @returns whether others are left
   */
  sweep(now: number, goOn: () => boolean = always): boolean {
    const known = this.#ready.length
    for (let tree = this.#due.takeOver(now); tree !== undefined; tree = this.#due.takeOver(now)) {
      this.#ready.push(tree)
    }
    if (this.#ready.length > known) this.#ready.sort(byEndDescending)
    while (this.#handOverReady()) {
      if (!goOn()) return true
    }
    for (let tree = this.#due.takeSegment(now); tree !== undefined; tree = this.#due.takeSegment(now)) {
      this.#consumer.onReady(tree, 'segment')
      if (!goOn()) return true
    }
    for (let tree = this.#due.takeStopped(now); tree !== undefined; tree = this.#due.takeStopped(now)) {
      tree.segmentDecided = false
      tree.segmentEnded = true
      if (tree.exported) this.#consumer.onReady(tree, 'segment')
    }
    for (let tree = this.#due.takeSilent(now); tree !== undefined; tree = this.#due.takeSilent(now)) {
      this.#consumer.onReady(tree, 'idle')
      if (!goOn()) return true
    }
    this.#enforce()
    return false
  }

  /** Hands over everything, oldest first. */
  flush(): void {
    this.#ready = []
    const trees = [...this.#store.open]
    if (trees.length > 1) trees.sort(byEnd)
    // All calls first: a watch dog may tell last of a lock that another call released or took over.
    const goOn: Tree[] = []
    for (const tree of trees) {
      const goesOn = tree.exported || hasLater(tree)
      if (goesOn) goOn.push(tree)
      if (!tree.exported) this.#consumer.onReady(tree, goesOn ? 'over' : 'flush')
    }
    for (const tree of goOn) this.#consumer.onReady(tree, 'flush')
  }

  /** The earliest moment at which {@link sweep} may have something to do. */
  nextDue(): number {
    return this.#ready.length > 0 ? Number.NEGATIVE_INFINITY : this.#due.nextDue()
  }

  /** Called by the consumer when the lock of a tree is not held any more. */
  unpin(tree: Tree): void {
    tree.pinned = false
    tree.held = false
    if (!tree.open) tree.freeze()
  }

  /** Called by the consumer when the tree's pending nodes are exported (all, or those of the operation). */
  release(tree: Tree, exportedNodes: number): void {
    this.#retained -= exportedNodes
    this.#over -= tree.over
    tree.over = 0
    forgetNodes(tree)
    if (tree.pending.length > 0 || tree.grown.length > 0) {
      if (tree.segmentEnded) this.#due.segmentEnded(tree, tree.lastNews)
      return
    }
    if (this.#last === tree) this.#last = undefined
    if (tree.open) this.#store.close(tree)
  }

  #treeOf(event: Event, context: unknown, now: number): Tree {
    const rootId = event.rootId || event.parentId || event.id
    if (this.#last !== undefined && this.#last.rootId === rootId) return this.#last
    let tree = this.#store.find(rootId)
    if (tree === undefined || !tree.open) {
      if (this.#store.open.size >= this.#limits.openTrees) {
        this.#makeRoom()
        // To make room may be to forget this one.
        tree = this.#store.find(rootId)
      }
      tree ??= new Tree(rootId, context, event, startOf(event) ?? wallClock())
      tree.lastNews = now
      tree.lastOperationNews = now
      this.#store.enter(tree)
      this.#due.opened(tree, now)
    }
    this.#last = tree
    return tree
  }

  #keep(tree: Tree, node: TreeNode): void {
    tree.pending.push(node)
    this.#retained += 1
    if (tree.finished && !tree.exported) {
      tree.over += 1
      this.#over += 1
    }
  }

  #grow(tree: Tree, node: TreeNode, event: Event): void {
    node.take(event)
    if (node.grown) return
    node.grown = true
    tree.grown.push(node)
  }

  #heed(tree: Tree, start: HrTime | undefined, signals: number, now: number): void {
    // A call that was exported before it was over is over now, or soon.
    const isOver = tree.exported && (signals & Signal.Finish) !== 0
    const isDecided = tree.exported && (signals & Signal.Outcome) !== 0
    if (isOver) tree.finished = true
    if (isOver || isDecided) tree.decided = true
    if ((signals & Signal.SegmentOutcome || isDecided) && !tree.segmentDecided) {
      tree.segmentDecided = true
      this.#due.stopped(tree, now)
    }
    if (tree.exported) {
      if (signals & Signal.SegmentEnd || isOver) {
        if (!tree.segmentEnded) {
          tree.segmentEndedAt = now
          this.#due.segmentEnded(tree, now)
        }
        tree.segmentEnded = true
      }
      return
    }
    if (signals & Signal.SegmentEnd && !tree.segmentEnded) {
      tree.segmentEnded = true
      tree.segmentEndedAt = now
    }
    const finish = tree.finishTime
    if (finish === undefined || start === undefined || !isBefore(finish, start)) {
      tree.lastOperationNews = now
      if (tree.finished) this.#progress.cameLate(tree)
    }
    if (signals & Signal.Finish && !tree.finished) {
      tree.finished = true
      this.#progress.finished(tree)
      tree.decided = true
      tree.over = tree.pending.length
      this.#over += tree.over
      this.#due.finished(tree, now)
    } else if (signals & Signal.Outcome && !tree.decided) {
      tree.decided = true
      this.#due.decided(tree, now)
    }
  }

  #letGoSilent(): void {
    // One that is handed over may take others with it.
    for (const tree of this.#progress.leftBehind(this.#store.open)) {
      if (tree.open) this.#consumer.onReady(tree, 'idle')
    }
  }

  /** Hands over the next tree that is ready. @returns whether there was one */
  #handOverReady(): boolean {
    for (let tree = this.#ready.pop(); tree !== undefined; tree = this.#ready.pop()) {
      // It may have gone meanwhile: to make room, or because it was silent.
      if (!isGathered(tree)) continue
      this.#consumer.onReady(tree, 'over')
      return true
    }
    return false
  }

  #evictOne(limit: 'retainedEvents'): void {
    if (this.#settleOne()) return
    const tree = this.#due.takeLongestOpen()
    if (tree === undefined) return
    this.#consumer.onLimit(limit, 1)
    this.#consumer.onReady(tree, 'limit')
  }

  /** Hands over trees until one more may be open. What a tree that is over leaves behind goes with the second. */
  #makeRoom(): void {
    const { open } = this.#store
    while (open.size >= this.#limits.openTrees) {
      const before = open.size
      this.#settleOne()
      if (open.size < before) continue
      const longest = this.#due.takeLongestOpen()
      if (longest === undefined) return
      this.#consumer.onLimit('openTrees', 1)
      this.#consumer.onReady(longest, 'limit')
    }
  }

  /** A tree that is over loses only the rest of its settle window; that is no loss to count. */
  #settleOne(): boolean {
    if (this.#handOverReady()) return true
    const over = this.#due.takeLongestSettling()
    if (over !== undefined) this.#consumer.onReady(over, 'over')
    return over !== undefined
  }

  #enforce(): void {
    while (this.#retained > this.#limits.retainedEvents && this.#store.open.size > 0) {
      const before = this.#retained
      this.#evictOne('retainedEvents')
      if (this.#retained >= before) return
    }
  }
}

function always(): boolean {
  return true
}

function wallClock(): [number, number] {
  const ms = Date.now()
  return [Math.floor(ms / 1000), (ms % 1000) * 1e6]
}
