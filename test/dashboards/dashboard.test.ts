import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { alerts, pathOf, recordedNames, textOf, usedNames } from './files.js'

interface Target {
  readonly refId: string
  readonly expr: string
  readonly datasource: { readonly type: string; readonly uid: string }
}
interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: { readonly type: string; readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string
      readonly thresholds?: { readonly steps: readonly { readonly value: number | null }[] }
    }
  }
  readonly targets?: readonly Target[]
}
interface Dashboard {
  readonly uid: string
  readonly panels: readonly Panel[]
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] }
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[]
  }
}

const dashboard = JSON.parse(textOf('dashboards/grafana/storage-lock.json')) as Dashboard
const rows = dashboard.panels.filter(({ type }) => type === 'row')
const panels = dashboard.panels.filter(({ type }) => type !== 'row')
const targets = panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })))

describe('the dashboard', () => {
  it('is what its source makes', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [pathOf('dashboards/grafana/build.mjs'), '--check'],
      { encoding: 'utf8' },
    )
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  it('has a row for each question', () => {
    expect(rows.map(({ title }) => title)).toEqual([
      'Now',
      'Waiting',
      'Holding',
      'Renewals and leases',
      'Storage',
      'Contention',
      'The listener itself',
    ])
  })

  it('lets one choose the data source, the job, the storage and the lock', () => {
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['job', 'query'],
      ['storage', 'query'],
      ['lock', 'query'],
    ])
  })

  it('numbers its panels uniquely', () => {
    const ids = dashboard.panels.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('lays no panel over another, and none outside the grid', () => {
    const taken = new Set<string>()
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken, `${title} at ${x},${y}`).not.toContain(`${x},${y}`)
          taken.add(`${x},${y}`)
        }
      }
    }
  })

  it.each(panels)('$title says what it shows, in which unit', ({ description, fieldConfig }) => {
    expect(description ?? '').toMatch(/\w{3,}.*\.$/)
    expect(fieldConfig?.defaults.unit).toMatch(/^(s|ops|none|percentunit)$/)
  })

  it.each([
    ['Contended acquires', 'StorageLockContendedShareHigh'],
    ['Attempts an acquire, on average', 'StorageLockRetryStorm'],
    ['Renewals a second for each held lock', 'StorageLockRenewalStorm'],
    ['Acquires that time out or fail', 'StorageLockAcquireTimeouts'],
  ])('%s has a line where %s fires', (title, alert) => {
    const expr =
      alerts()
        .find(({ name }) => name === alert)
        ?.text.split(' labels:')[0] ?? ''
    const fires = Number(/> ([\d.]+)\s*(?:for: \S+\s*)?$/.exec(expr)?.[1])
    const steps = panels.find((panel) => panel.title === title)?.fieldConfig?.defaults.thresholds?.steps
    expect(steps?.at(-1)?.value).toBe(fires)
  })

  it.each(panels)('$title asks the chosen data source', ({ datasource, targets = [] }) => {
    expect(targets.length).toBeGreaterThan(0)
    for (const { uid } of [datasource, ...targets.map((target) => target.datasource)].map(
      (x) => x ?? { uid: '' },
    )) {
      expect(uid).toBe(`\${datasource}`)
    }
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length)
  })

  it.each(targets)('$title ($refId) asks for recorded names that exist, and nothing else', ({ expr }) => {
    const names = usedNames(expr)
    expect(names.length > 0 || expr.includes('ALERTS{')).toBe(true)
    for (const name of names) expect(recordedNames()).toContain(name)
    expect(expr).not.toMatch(/\bstorage_lock_\w+_(total|count|sum|bucket|seconds)\b/)
  })

  it.each(targets)('$title ($refId) heeds what is chosen', ({ expr }) => {
    const selectors = expr.match(/\bstorage_lock:\w+:\w+(\{[^}]*\})?/g) ?? []
    for (const selector of selectors) {
      expect(selector).toContain('job=~"$job"')
      if (!selector.startsWith('storage_lock:listener')) {
        expect(selector).toContain('storage_lock_storage_name=~"$storage"')
        expect(selector).toContain('storage_lock_lock_name=~"$lock"')
      }
    }
  })

  it('uses only names that exist in its annotations and choices', () => {
    for (const { expr } of dashboard.annotations.list) {
      expect(usedNames(expr).length).toBeGreaterThan(0)
      for (const name of usedNames(expr)) expect(recordedNames()).toContain(name)
    }
    for (const { type, definition = '' } of dashboard.templating.list) {
      if (type !== 'query') continue
      const names = /storage_lock:\(([^)]+)\)/.exec(definition)?.[1]?.split('|') ?? []
      expect(names.length).toBeGreaterThan(0)
      for (const name of names) expect(recordedNames()).toContain(`storage_lock:${name}`)
    }
  })

  it('shows every figure that is recorded for it', () => {
    const shown = new Set([
      ...targets.flatMap(({ expr }) => usedNames(expr)),
      ...usedNames(textOf('dashboards/prometheus/storage-lock.alerts.yml')),
      ...usedNames(
        textOf('dashboards/prometheus/storage-lock.recording.yml').replace(/^ {6}- record: .*$/gm, ''),
      ),
    ])
    expect([...recordedNames()].filter((name) => !shown.has(name))).toEqual([])
  })
})
