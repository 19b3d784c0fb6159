import { describe, expect, test } from 'vitest'
import { createReport } from '../../src/report/html.js'
import { acquire, factsOf } from './facts.js'

describe('createReport', () => {
  test('is one file that loads nothing', () => {
    const html = createReport(factsOf([acquire('a', 0, 1)]))
    expect(html).toContain("default-src 'none'")
    expect(html).not.toContain('connect-src')
    expect(html).toMatch(/script-src 'sha256-[\w+/=]+'/)
    expect(html).not.toMatch(/<script[^>]+src=|<link[^>]+stylesheet/)
    expect(html).not.toMatch(/%(CONNECT|TITLE|SETTINGS|FACTS)%/)
  })

  test('nothing that others wrote can end the element it stands in', () => {
    const hostile = '</script><script>alert(1)</script><!--%FACTS%$&$1'
    const html = createReport(factsOf([acquire(hostile, 0, 1, { lockId: hostile })]), {
      title: hostile,
      source: hostile,
    })
    expect(html.match(/<script/g)?.length).toBe(createReport(factsOf([])).match(/<script/g)?.length)
    const facts = /<script type="application\/json" id="facts">(.*?)<\/script>/s.exec(html)?.[1] ?? ''
    expect((JSON.parse(facts) as { owners: string[] }).owners).toEqual([hostile])
  })

  test.each(['javascript:alert(1)//{traceId}', 'http://jaeger/trace/', 'trace/{traceId}'])(
    'refuses to link to %s',
    (traceUrl) => {
      expect(() => createReport(factsOf([]), { traceUrl })).toThrow(TypeError)
    },
  )
})
