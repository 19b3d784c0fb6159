/** What the workers measured themselves, and how it is shown. */

export class Figures {
  #workers = new Map()

  constructor(cast) {
    for (const { name, kind } of cast) {
      this.#workers.set(name, { name, kind, waits: [], holds: [], gaveUp: 0, lost: 0, killed: false })
    }
  }

  add({ name, type, milliseconds }) {
    const worker = this.#workers.get(name)
    if (type === 'acquired') worker.waits.push(milliseconds)
    if (type === 'released') worker.holds.push(milliseconds)
    if (type === 'gave-up') worker.gaveUp += 1
    if (type === 'lost') worker.lost += 1
    if (type === 'doomed') worker.killed = true
  }

  get acquired() {
    return [...this.#workers.values()].reduce((sum, { waits }) => sum + waits.length, 0)
  }

  /** One line: how often each worker had the lock so far. */
  progress() {
    return [...this.#workers.values()].map(({ name, waits }) => `${name} ${waits.length}`).join('  ')
  }

  table() {
    const head = ['worker', 'locks', 'gave up', 'lost', 'wait p50', 'wait max', 'hold p50', 'hold max', '']
    const rows = [...this.#workers.values()].map(({ name, kind, waits, holds, gaveUp, lost }) => [
      name,
      String(waits.length),
      String(gaveUp),
      String(lost),
      ...[waits, holds].flatMap((values) => [time(quantile(values, 0.5)), time(quantile(values, 1))]),
      kind,
    ])
    const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)))
    return [head, ...rows]
      .map((row) =>
        row
          .map((cell, column) => pad(cell, widths[column], column))
          .join('  ')
          .trimEnd(),
      )
      .join('\n')
  }
}

/** Names and remarks to the left, figures to the right. */
function pad(cell, width, column) {
  return column === 0 || column === 8 ? cell.padEnd(width) : cell.padStart(width)
}

function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
}

export function time(milliseconds) {
  if (milliseconds === undefined) return '-'
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`
  return milliseconds >= 10 ? `${milliseconds.toFixed(0)} ms` : `${milliseconds.toFixed(1)} ms`
}
