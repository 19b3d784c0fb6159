import { describe, expect, it } from 'vitest'
import { ALERT_RULES, alerts, OVERRIDES, RECORDING_RULES, recordedNames, textOf, usedNames } from './files.js'

const WANTED = [
  'StorageLockLeaseLost',
  'StorageLockStuckHolder',
  'StorageLockNobodyAcquires',
  'StorageLockRenewalFailing',
  'StorageLockHeadroomLow',
  'StorageLockAcquireTimeouts',
  'StorageLockContendedShareHigh',
  'StorageLockRetryStorm',
  'StorageLockRenewalStorm',
  'StorageLockUnlocksRefused',
  'StorageLockListenerDropping',
]

describe('the alerts', () => {
  it('cover what an on-call person asks', () => {
    expect(alerts().map(({ name }) => name)).toEqual(expect.arrayContaining(WANTED))
  })

  it.each(alerts())('$name says how bad it is, what it means and what to do first', ({ text }) => {
    expect(text).toMatch(/\n {10}severity: (critical|warning)\n/)
    expect(text).toMatch(/\n {10}summary: ['"].+['"]\n/)
    const description = /\n {10}description: >-\n((?: {12}.+\n)+)/.exec(text)?.[1] ?? ''
    expect(description).toMatch(/\bFirst\b/)
  })

  const headings = textOf('docs/runbook.md').match(/^## .+$/gm) ?? []

  it.each(alerts())('$name links to its section of the runbook', ({ name, text }) => {
    expect(text).toContain(`\n          runbook_url: docs/runbook.md#${name.toLowerCase()}\n`)
    expect(headings).toContain(`## ${name}`)
  })

  it('have no section in the runbook left over', () => {
    const sections = headings
      .map((heading) => heading.slice(3))
      .filter((title) => title.startsWith('StorageLock'))
    expect(new Set(sections)).toEqual(new Set(alerts().map(({ name }) => name)))
  })

  it.each(alerts())('$name has a runbook section that says what to see, do and disregard', ({ name }) => {
    const section = textOf('docs/runbook.md').split(`\n## ${name}\n`)[1]?.split('\n## ')[0] ?? ''
    for (const part of ['What it means', 'What users feel', 'Look first', 'What to do', 'False alarms']) {
      expect(section).toContain(`**${part}.**`)
    }
  })
})

describe('the rules', () => {
  it('ask only for recorded names that exist', () => {
    for (const file of [RECORDING_RULES, ALERT_RULES, OVERRIDES]) {
      for (const name of usedNames(textOf(file))) expect(recordedNames()).toContain(name)
    }
  })

  it('spell the metrics only where they are recorded', () => {
    expect(textOf(ALERT_RULES)).not.toMatch(/\bstorage_lock_\w+_(total|count|sum|bucket|seconds)\b/)
  })

  it('take every metric whose name may carry a unit in both spellings', () => {
    const rules = textOf(RECORDING_RULES).replace(/^ *#.*$/gm, '')
    const withUnit = rules.match(/\bstorage_lock_\w+_seconds(_bucket|_sum|_count)?\b/g) ?? []
    expect(withUnit.length).toBeGreaterThan(20)
    for (const name of withUnit) {
      const suffixes = rules.split(new RegExp(`\\b${name}\\b`)).length
      const plain = rules.split(new RegExp(`\\b${name.replace('_seconds', '')}\\b`)).length
      expect({ name, times: plain }).toEqual({ name, times: suffixes })
    }
  })

  it('are named in the runbook only as they are', () => {
    for (const name of usedNames(textOf('docs/runbook.md'))) expect(recordedNames()).toContain(name)
  })
})
