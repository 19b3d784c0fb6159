import { printTable } from './table.mjs'

/**
 * What a scenario is run with, and where its figures go: to the process that started it, else to the
 * terminal.
 *
 * @param sizes `full` and `short`: how much work each does
 */
export function report(scenario, sizes) {
  const short = process.argv.includes('--short')
  const rows = []
  process.on('exit', () => {
    if (process.exitCode === undefined && process.send === undefined) printTable(scenario, rows)
  })
  return {
    short,
    ...(short ? sizes.short : sizes.full),
    /** @param row `name`, `unit`, `median`, `low`, `high`, `rounds`, and `atMost` or `atLeast` */
    record: (row) => {
      rows.push(row)
      process.send?.({ scenario, ...row })
    },
  }
}
