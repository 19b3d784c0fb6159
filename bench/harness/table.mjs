const NUMBER = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, useGrouping: false })

const figure = (value) => NUMBER.format(value)

/** Whether a row keeps to its limit; undefined where it has none. */
export function keeps(row) {
  if (row.atMost !== undefined) return row.median <= row.atMost
  if (row.atLeast !== undefined) return row.median >= row.atLeast
  return undefined
}

/**
 * Whether a row is so bad that something broke, rather than that the machine is busy: twice its limit. A figure
 * that has not reached its limit yet says in `usual` what it is now; then it is twice that.
 */
export function broke(row) {
  if (row.atMost !== undefined) return row.median > 2 * Math.max(row.atMost, row.usual ?? 0)
  if (row.atLeast !== undefined) return row.median < Math.min(row.atLeast, row.usual ?? row.atLeast) / 2
  return false
}

/** Prints a scenario's figures: the median, the quartiles, and the limit where there is one. */
export function printTable(title, rows) {
  const cells = rows.map((row) => {
    const kept = keeps(row)
    const limit =
      row.atMost !== undefined
        ? `≤ ${figure(row.atMost)}`
        : row.atLeast !== undefined
          ? `≥ ${figure(row.atLeast)}`
          : ''
    const mark = kept === undefined ? '' : kept ? 'ok' : 'MISSED'
    return [row.name, figure(row.median), `${figure(row.low)} – ${figure(row.high)}`, row.unit, limit, mark]
  })
  cells.unshift([title, 'median', 'quartiles', '', 'limit', ''])
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)))
  for (const row of cells) {
    const line = row.map((cell, column) =>
      column === 1 || column === 2 ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
    )
    process.stdout.write(`${line.join('  ').trimEnd()}\n`)
  }
  process.stdout.write('\n')
}
