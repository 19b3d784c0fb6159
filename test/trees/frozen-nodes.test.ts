import { describe, expect, it } from 'vitest'
import { Event } from '../../src/events/index.js'
import { TreeNode } from '../../src/trees/node.js'
import { Tree } from '../../src/trees/tree.js'

/** A tree with so many exported nodes. */
function exported(count: number): Tree {
  const root = new Event('lock', 'root', [1, 0])
  const tree = new Tree('root', undefined, root, [1, 0])
  for (let i = 0; i < count; i++) {
    const event = i === 0 ? root : new Event('lock', `node-${i}`, [1, i])
    const node = new TreeNode(event.id, event, i)
    node.handle = { of: event.id }
    node.spend()
    tree.nodes.set(node.id, node)
  }
  return tree
}

const told = (tree: Tree): unknown[] =>
  [...tree.nodes.values()].map(
    ({ id, handle, actionCount, doneActions, published, exported: done, event }) => ({
      id,
      handle,
      actionCount,
      doneActions,
      published,
      done,
      event,
    }),
  )

describe('a tree that is remembered', () => {
  it('has the same nodes once there is news of it', () => {
    const tree = exported(5)
    tree.ensureNode('named only').exported = true
    const before = told(tree)
    tree.freeze()
    expect(told(tree)).toEqual(before)
  })

  it('may be frozen again and again', () => {
    const tree = exported(3)
    const before = told(tree)
    for (let i = 0; i < 3; i++) {
      tree.freeze()
      tree.freeze()
      expect(told(tree)).toEqual(before)
    }
  })

  it('stays as it is while a node waits for its export, and when it is large', () => {
    const waiting = exported(3)
    const node = new TreeNode('new', new Event('lock', 'new', [2, 0]), 0)
    waiting.nodes.set('new', node)
    waiting.freeze()
    expect(waiting.nodes.get('new')).toBe(node)
    const large = exported(100)
    const first = large.nodes.get('node-1')
    large.freeze()
    expect(large.nodes.get('node-1')).toBe(first)
  })
})
