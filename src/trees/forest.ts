import type { HrTime } from '@opentelemetry/api'
import type { Event } from '../events/index.js'
import { condense } from './condense.js'
import { DueQueue } from './due-queue.js'
import { forgetNodes } from './forget-nodes.js'
import { Lateness } from './lateness.js'
import type { TreeLimits } from './limits.js'
import { isBefore, startOf, usable } from './moments.js'
import { TreeNode } from './node.js'
import { MEANING_SHIFT, Signal, signalsIn, type TreeSemantics } from './semantics.js'
import { Tree } from './tree.js'
import { TreeList } from './tree-list.js'

/** Why a tree is handed over. */
export type ReadyReason = 'over' | 'segment' | 'idle' | 'flush' | 'limit'

/** Takes what the forest has gathered. */
export interface TreeConsumer {
  /** The tree's pending nodes are to be exported now; it calls {@link Forest.release} when it is done. */
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

/** A tree whose result is known but whose Finish is missing waits this long at least for it. */
const SOFT_SETTLE_MS = 1000
/** So many trees of held locks are passed over, at most, to find one to forget. */
const PINNED_TRIES = 32
/** Publications between two looks for trees that the events' own time has left behind. */
const LOOK_EVERY = 4096

/**
 * Gathers publications into trees: repeated and reordered ones too, until each tree is over. Does no I/O,
 * starts no timer and reads no clock: the moment is handed in.
 */
export class Forest {
  /** By root id: the open ones and the remembered ones. */
  readonly #trees = new Map<string, Tree>()
  readonly #open = new TreeList()
  readonly #remembered = new TreeList()
  readonly #limits: TreeLimits
  readonly #idleSeconds: number
  readonly #semantics: TreeSemantics
  readonly #consumer: TreeConsumer
  readonly #settling: DueQueue<Tree>
  readonly #decided: DueQueue<Tree>
  readonly #stopped: DueQueue<Tree>
  readonly #silent: DueQueue<Tree>
  readonly #segments: DueQueue<Tree>
  /** Trees that are over, those that ended first last. */
  #ready: Tree[] = []
  #retained = 0
  /** Events of trees that are over: they wait for late lines only. */
  #over = 0
  #last: Tree | undefined = undefined
  #publications = 0
  readonly #lateness: Lateness
  /** When the newest event of all began, in seconds. */
  #newest = 0

  constructor(options: ForestOptions, semantics: TreeSemantics, consumer: TreeConsumer) {
    this.#limits = options.limits
    this.#idleSeconds = options.idleTimeout / 1000
    this.#lateness = new Lateness(options.limits.settlingEvents)
    this.#semantics = semantics
    this.#consumer = consumer
    this.#settling = new DueQueue(options.settle, (tree) =>
      isGathered(tree) ? tree.lastOperationNews : undefined,
    )
    this.#decided = new DueQueue(Math.max(options.settle, SOFT_SETTLE_MS), (tree) =>
      isGathered(tree) && !tree.finished ? tree.lastNews : undefined,
    )
    // The lines of a renewal may come out of order too; but one renewal after the other must not put it off.
    this.#segments = new DueQueue(options.settle, (tree) =>
      tree.exported && tree.segmentEnded && tree.open
        ? Math.min(tree.lastNews, tree.segmentEndedAt + options.settle)
        : undefined,
    )
    this.#stopped = new DueQueue(Math.max(options.settle, SOFT_SETTLE_MS), (tree) =>
      tree.segmentDecided && tree.open ? tree.lastNews : undefined,
    )
    this.#silent = new DueQueue(options.idleTimeout, (tree) => (tree.open ? tree.lastNews : undefined))
  }

  /** Trees with something to export. */
  get openTrees(): number {
    return this.#open.size
  }

  /** Events held for export. */
  get retainedEvents(): number {
    return this.#retained
  }

  get rememberedTrees(): number {
    return this.#remembered.size
  }

  /** When the call ended that waits longest for its settle window: nothing later is told in full yet. */
  oldestUnsettled(): HrTime | undefined {
    return (this.#ready.at(-1) ?? this.#settling.peek())?.finishTime
  }

  /** The trees that are open now, in no promised order. */
  open(): Iterable<Tree> {
    return this.#open
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
    this.#hear(tree, node.start)
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
    if (this.#over > this.#lateness.worth(this.#publications)) this.#settleOne()
    if (this.#retained > this.#limits.retainedEvents) this.#evictOne('retainedEvents')
    return true
  }

  /**
   * Hands over every tree that is over, or was silent too long, at `now`.
   *
   * @param goOn asked after each tree; false leaves the others for the next sweep
   * @returns whether others are left
   */
  sweep(now: number, goOn: () => boolean = always): boolean {
    const known = this.#ready.length
    for (let tree = this.#settling.takeDue(now); tree !== undefined; tree = this.#settling.takeDue(now)) {
      this.#ready.push(tree)
    }
    for (let tree = this.#decided.takeDue(now); tree !== undefined; tree = this.#decided.takeDue(now)) {
      this.#ready.push(tree)
    }
    if (this.#ready.length > known) this.#ready.sort(byEndDescending)
    while (this.#handOverReady()) {
      if (!goOn()) return true
    }
    for (let tree = this.#segments.takeDue(now); tree !== undefined; tree = this.#segments.takeDue(now)) {
      this.#consumer.onReady(tree, 'segment')
      if (!goOn()) return true
    }
    for (let tree = this.#stopped.takeDue(now); tree !== undefined; tree = this.#stopped.takeDue(now)) {
      tree.segmentDecided = false
      tree.segmentEnded = true
      if (tree.exported) this.#consumer.onReady(tree, 'segment')
    }
    for (let tree = this.#silent.takeDue(now); tree !== undefined; tree = this.#silent.takeDue(now)) {
      this.#consumer.onReady(tree, 'idle')
      if (!goOn()) return true
    }
    this.#enforce()
    return false
  }

  /** Hands over everything, oldest first. */
  flush(): void {
    this.#ready = []
    const trees = [...this.#open]
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
    if (this.#ready.length > 0) return Number.NEGATIVE_INFINITY
    return Math.min(
      this.#segments.nextDue(),
      this.#settling.nextDue(),
      this.#decided.nextDue(),
      this.#stopped.nextDue(),
      this.#silent.nextDue(),
    )
  }

  /** Called by the consumer when the lock of a tree is not held any more. */
  unpin(tree: Tree): void {
    tree.pinned = false
    if (!tree.open) tree.freeze()
  }

  /** Called by the consumer when the tree's pending nodes are exported (all, or those of the operation). */
  release(tree: Tree, exportedNodes: number): void {
    this.#retained -= exportedNodes
    this.#over -= tree.over
    tree.over = 0
    forgetNodes(tree)
    if (tree.pending.length > 0 || tree.grown.length > 0) {
      if (tree.segmentEnded) this.#segments.push(tree, tree.lastNews)
      return
    }
    if (this.#last === tree) this.#last = undefined
    if (!tree.open) return
    tree.open = false
    this.#open.remove(tree)
    this.#remembered.add(tree)
    if (!tree.pinned) tree.freeze()
    if (this.#remembered.size > this.#limits.rememberedTrees) this.#forgetOne()
  }

  #treeOf(event: Event, context: unknown, now: number): Tree {
    const rootId = event.rootId || event.parentId || event.id
    if (this.#last !== undefined && this.#last.rootId === rootId) return this.#last
    let tree = this.#trees.get(rootId)
    if (tree === undefined || !tree.open) {
      if (this.#open.size >= this.#limits.openTrees) {
        this.#makeRoom()
        // To make room may be to forget this one.
        tree = this.#trees.get(rootId)
      }
      if (tree === undefined) {
        tree = new Tree(rootId, context, event, startOf(event) ?? wallClock())
        this.#trees.set(rootId, tree)
      } else {
        this.#remembered.remove(tree)
      }
      tree.open = true
      tree.lastNews = now
      tree.lastOperationNews = now
      this.#open.add(tree)
      this.#silent.push(tree, now)
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
      this.#stopped.push(tree, now)
    }
    if (tree.exported) {
      if (signals & Signal.SegmentEnd || isOver) {
        if (!tree.segmentEnded) {
          tree.segmentEndedAt = now
          this.#segments.push(tree, now)
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
      if (tree.finished) this.#lateness.hear(this.#publications - tree.finishedAfter)
    }
    if (signals & Signal.Finish && !tree.finished) {
      tree.finished = true
      tree.finishedAfter = this.#publications
      tree.decided = true
      tree.over = tree.pending.length
      this.#over += tree.over
      this.#settling.push(tree, now)
    } else if (signals & Signal.Outcome && !tree.decided) {
      tree.decided = true
      this.#decided.push(tree, now)
    }
  }

  /**
   * The clock stands still while a file is read, and no silence ends then: a day of calls whose end was lost would
   * gather. So a tree is silent too when the events' own time has left it behind by `idleTimeout`, and as many events
   * came since as may come late.
   */
  #hear(tree: Tree, start: HrTime | undefined): void {
    tree.heardAfter = ++this.#publications
    if (start !== undefined && start[0] > tree.newest) {
      tree.newest = start[0]
      if (start[0] > this.#newest) this.#newest = start[0]
    }
    if (this.#publications % LOOK_EVERY !== 0) return
    const heardBefore = this.#publications - this.#limits.settlingEvents
    const before = this.#newest - this.#idleSeconds
    const silent = [...this.#open].filter((open) => open.heardAfter < heardBefore && open.newest < before)
    // One that is handed over may take others with it.
    for (const each of silent) if (each.open) this.#consumer.onReady(each, 'idle')
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
    // To forget a tree that is over is the way of things; one whose lock is held still is a loss.
    if (tree.pinned) this.#consumer.onLimit('rememberedTrees', 1)
    this.#consumer.onForget(tree)
  }

  #evictOne(limit: 'retainedEvents'): void {
    if (this.#settleOne()) return
    const tree = this.#silent.takeOldest()
    if (tree === undefined) return
    this.#consumer.onLimit(limit, 1)
    this.#consumer.onReady(tree, 'limit')
  }

  /** Hands over trees until one more may be open. What a tree that is over leaves behind goes with the second. */
  #makeRoom(): void {
    while (this.#open.size >= this.#limits.openTrees) {
      const before = this.#open.size
      this.#settleOne()
      if (this.#open.size < before) continue
      const silent = this.#silent.takeOldest()
      if (silent === undefined) return
      this.#consumer.onLimit('openTrees', 1)
      this.#consumer.onReady(silent, 'limit')
    }
  }

  /** A tree that is over loses only the rest of its settle window; that is no loss to count. */
  #settleOne(): boolean {
    if (this.#handOverReady()) return true
    const over = this.#settling.takeOldest()
    if (over !== undefined) this.#consumer.onReady(over, 'over')
    return over !== undefined
  }

  #enforce(): void {
    while (this.#retained > this.#limits.retainedEvents && this.#open.size > 0) {
      const before = this.#retained
      this.#evictOne('retainedEvents')
      if (this.#retained >= before) return
    }
  }
}

/** Whether the tree's operation is still to be exported. */
function isGathered(tree: Tree): boolean {
  return !tree.exported && tree.open
}

/** An action may have begun a little before its event; the event that ends a call is still part of it. */
function endOfCall(event: Event, actionStart: HrTime | undefined): HrTime | undefined {
  const action = usable(actionStart)
  const own = usable(event.startTime)
  if (action === undefined || own === undefined) return action ?? own
  return isBefore(action, own) ? own : action
}

/** Whether something waits that began after the tree's operation. */
function hasLater({ finishTime, pending }: Tree): boolean {
  if (finishTime === undefined) return false
  return pending.some(({ start }) => start !== undefined && isBefore(finishTime, start))
}

/** Whether a publication with as many actions says more: it has an error, or a record, that the other lacks. */
function isFuller(event: Event, known: Event): boolean {
  const hasError = event.err !== null && event.err !== undefined
  const hadError = known.err !== null && known.err !== undefined
  if (hasError !== hadError) return hasError
  return event.lockInformation !== undefined && known.lockInformation === undefined
}

/**
 * Calls that ended earlier first, so that a hold is known before its release and a holder before those who
 * waited for it, whatever line came first. Calls that never ended come last.
 */
function byEnd(a: Tree, b: Tree): number {
  if (a.finishTime !== undefined && b.finishTime !== undefined) return order(a.finishTime, b.finishTime)
  if (a.finishTime !== undefined) return -1
  return b.finishTime !== undefined ? 1 : order(a.firstStart, b.firstStart)
}

function byEndDescending(a: Tree, b: Tree): number {
  return byEnd(b, a)
}

function order(a: HrTime, b: HrTime): number {
  return isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0
}

function always(): boolean {
  return true
}

function wallClock(): [number, number] {
  const ms = Date.now()
  return [Math.floor(ms / 1000), (ms % 1000) * 1e6]
}
