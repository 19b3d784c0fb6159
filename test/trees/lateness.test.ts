import { describe, expect, it } from 'vitest'
import { Lateness } from '../../src/trees/lateness.js'

describe('how long late lines are waited for', () => {
  it('is all that the bound allows until as many were seen', () => {
    const lateness = new Lateness(15_000)
    expect(lateness.worth(0)).toBe(15_000)
    expect(lateness.worth(15_000)).toBe(15_000)
  })

  it('is less once they turned out to be in order', () => {
    const lateness = new Lateness(15_000)
    lateness.hear(3)
    expect(lateness.worth(15_001)).toBe(4096)
  })

  it('follows the latest of them', () => {
    const lateness = new Lateness(15_000)
    lateness.hear(2000)
    lateness.hear(10)
    expect(lateness.worth(20_000)).toBe(8000)
    lateness.hear(9000)
    expect(lateness.worth(20_000)).toBe(15_000)
  })

  it('never exceeds a small bound', () => {
    const lateness = new Lateness(64)
    lateness.hear(1_000_000)
    expect(lateness.worth(10)).toBe(64)
    expect(lateness.worth(1_000)).toBe(64)
  })
})
