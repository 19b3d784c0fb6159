/**
 * How every suite reports, and how CI runs it. `VITEST_REPORT` names a file for a second report, for machines:
 * `.ci/run` adds them up.
 */
const file = process.env['VITEST_REPORT']

export const reporting: {
  reporters: ('default' | 'json')[]
  outputFile: Record<string, string>
  retry: number
} = {
  reporters: file === undefined ? ['default'] : ['default', 'json'],
  outputFile: file === undefined ? {} : { json: file },
  // Real processes on a shared machine: a test that fails once there may have been kept waiting. Nothing that
  // is wrong passes by being tried again.
  retry: process.env['CI'] === undefined ? 0 : 2,
}
