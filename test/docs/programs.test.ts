import { expect, it } from 'vitest'
import { blocks } from './support/blocks.js'
import { complaintsAbout } from './support/compile.js'

it('shows programs that the compiler takes', () => {
  const programs = blocks('ts', 'js')
  expect(programs.length).toBeGreaterThan(5)
  expect(complaintsAbout(programs)).toEqual([])
})
