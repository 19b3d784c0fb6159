import { expect, it } from 'vitest'
import { Event } from '../../src/events/index.js'
import { complete } from '../../src/trees/complete.js'
import { TreeNode } from '../../src/trees/node.js'
import { Tree } from '../../src/trees/tree.js'

function plant(links: Record<string, string>, exported: readonly string[]): Tree {
  const tree = new Tree('root', undefined, new Event('lock', 'root', [1, 0]), [1, 0])
  for (const [id, parent] of Object.entries(links)) {
    const event = new Event('lock', id, [2, 0]).setRootId('root')
    event.parentId = parent
    const node = new TreeNode(id, event, 0)
    node.exported = exported.includes(id)
    tree.nodes.set(id, node)
    if (!node.exported) tree.pending.push(node)
  }
  return tree
}

const ids = (nodes: readonly TreeNode[]): string[] => nodes.map((node) => node.id)

it('lets wait what hangs from an event that is still to come, however far up', () => {
  const tree = plant({ dog: 'root', refresh: 'dog', call: 'later', inner: 'call', top: '', rooted: 'root' }, [
    'dog',
  ])
  const { ready, early } = complete(tree)
  expect(ids(ready)).toEqual(['refresh', 'top', 'rooted'])
  expect(ids(early)).toEqual(['call', 'inner'])
})

it('leaves circles of parents to whoever cuts them', () => {
  const { ready, early } = complete(plant({ a: 'b', b: 'a' }, []))
  expect(ids(ready)).toEqual(['a', 'b'])
  expect(early).toEqual([])
})
