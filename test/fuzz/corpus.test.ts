import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { targets } from './targets.js'

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

describe.each(Object.keys(targets))('the laws of %s', (name) => {
  it('hold for every input of the corpus', () => {
    const folder = file(`corpus/${name}`)
    const inputs = readdirSync(folder)
    expect(inputs.length).toBeGreaterThan(0)
    for (const input of inputs) {
      const bytes = readFileSync(`${folder}/${input}`)
      expect(() => targets[name]!(bytes), input).not.toThrow()
    }
  })
})

it('a short coverage-guided run finds nothing that breaks them', () => {
  const run = spawnSync(process.execPath, [file('fuzz.mjs'), '--seconds', '6', '--seed', '1'], {
    encoding: 'utf8',
  })
  expect(run.stderr).toBe('')
  expect(run.stdout).toMatch(/lines: \d+ executions.*\ncodec: \d+ executions.*\nlistener: \d+ executions/)
  expect(run.status).toBe(0)
  expect(existsSync(file('crashes'))).toBe(false)
})
