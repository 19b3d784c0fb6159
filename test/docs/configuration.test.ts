import { describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { blocks } from './support/blocks.js'

/** Languages that a test of some suite checks. */
const CHECKED = ['ts', 'js', 'sh', 'yaml', 'json', 'promql', 'traceql', '']

it('shows code in no language that no test checks', () => {
  const unchecked = blocks().filter(({ language }) => !CHECKED.includes(language))
  expect(unchecked.map(({ page, line, language }) => `${page}:${line} ${language}`)).toEqual([])
})

describe('the configuration that is shown', () => {
  it.each(blocks('yaml').map(({ page, line, code }) => [`${page}:${line}`, code]))(
    'is YAML: %s',
    (_, code) => {
      expect(parseDocument(code).errors).toEqual([])
    },
  )

  it.each(blocks('json').map(({ page, line, code }) => [`${page}:${line}`, code]))(
    'is JSON: %s',
    (_, code) => {
      expect(() => JSON.parse(code)).not.toThrow()
    },
  )
})
