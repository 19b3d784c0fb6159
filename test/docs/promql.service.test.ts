import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Block, blocks } from './support/blocks.js'

/** The queries of a block: one a line; a line that begins with an operator goes on with the one before. */
function queriesOf({ code }: Block): string[] {
  const queries: string[] = []
  let goesOn = false
  for (const line of code.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) goesOn = false
    else if (goesOn && /^\s*([-+*/)]|and |or |unless )/.test(line)) queries.push(`${queries.pop()}\n${line}`)
    else {
      queries.push(line)
      goesOn = true
    }
  }
  return queries
}

it('shows queries that Prometheus understands', () => {
  const queries = blocks('promql').flatMap(queriesOf)
  expect(queries.length).toBeGreaterThan(20)
  const folder = mkdtempSync(join(tmpdir(), 'storage-lock-otel-docs-'))
  try {
    const file = join(folder, 'rules.yml')
    const rules = queries.map((expr, i) => ({ record: `documented:${i}`, expr }))
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'documented', rules }] }))
    const { status, stdout, stderr, error } = spawnSync('promtool', ['check', 'rules', file], {
      encoding: 'utf8',
    })
    if (error !== undefined) throw new Error('promtool is needed; on Debian it is in the package prometheus')
    expect(status, `${stdout}${stderr}`).toBe(0)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
