import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { alerts, pathOf, RULE_FILES, ruleTests, textOf } from './files.js'

/** Runs promtool; its output is what a failing test shows. */
function promtool(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { encoding: 'utf8' })
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    throw new Error(
      'promtool is not installed. It comes with Prometheus: on Debian and Ubuntu "apt-get install prometheus", ' +
        'elsewhere from https://prometheus.io/download/.',
    )
  }
  if (error !== undefined) throw error
  return { status, output: stdout + stderr }
}

describe('the rule files', () => {
  it.each(RULE_FILES)('%s are valid', (file) => {
    const { status, output } = promtool('check', 'rules', pathOf(file))
    expect(output).toMatch(/SUCCESS: \d+ rules found/)
    expect(status).toBe(0)
  })

  it.each(ruleTests())('pass %s', (file) => {
    const { status, output } = promtool('test', 'rules', pathOf(file))
    expect(output).not.toMatch(/FAILED/)
    expect(status).toBe(0)
  })

  // A build of one's own has no version; it is taken for a new one.
  const [, major = '3', minor = '0'] = /version (\d+)\.(\d+)/.exec(promtool('--version').output) ?? []
  const readsNative = Number(major) > 2 || Number(minor) >= 54

  it.skipIf(!readsNative)('read native histograms (needs promtool 2.54 or later)', () => {
    const { status, output } = promtool(
      'test',
      'rules',
      pathOf('test/dashboards/rules-native/native.test.yml'),
    )
    expect(output).not.toMatch(/FAILED/)
    expect(status).toBe(0)
  })
})

describe('the tests of the rules', () => {
  const names = ruleTests().flatMap((file) =>
    [...textOf(file).matchAll(/^ {2}- name: (.+)$/gm)].map((match) => match[1] ?? ''),
  )

  it.each(alerts().map(({ name }) => name.replace('StorageLock', '')))(
    'show when %s fires and when not',
    (alert) => {
      expect(names.some((name) => name.startsWith(`${alert} fires`))).toBe(true)
      expect(names.some((name) => name.startsWith(`${alert} stays silent`))).toBe(true)
    },
  )

  it('use every spelling of a metric', () => {
    const inputs = ruleTests().map(textOf).join('\n')
    expect(inputs).toMatch(/storage_lock_acquire_duration_count\{/)
    expect(inputs).toMatch(/storage_lock_acquire_duration_seconds_count\{/)
    expect(inputs).toMatch(/storage_lock_lease_losses\{/)
    expect(inputs).toMatch(/storage_lock_lease_losses_total\{/)
  })
})
