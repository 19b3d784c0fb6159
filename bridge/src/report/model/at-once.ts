/** From when to when something took. */
export type Interval = readonly [number, number]

/**
 * How many of the intervals were open at once, at most, in each of `cells` equal parts of a span of time. A
 * herd of a millisecond is as high in an hour as it is in a second.
 */
export function mostAtOnce(intervals: readonly Interval[], span: Interval, cells: number): Uint32Array {
  const most = new Uint32Array(cells)
  const starts = Float64Array.from(intervals, ([from]) => from).sort()
  const ends = Float64Array.from(intervals, ([, to]) => to).sort()
  const perCell = (span[1] - span[0]) / cells
  const cellOf = (at: number): number =>
    Math.min(cells - 1, Math.max(0, Math.floor((at - span[0]) / perCell)))
  let open = 0
  let ended = 0
  for (let begun = 0; begun < starts.length; ) {
    const at = starts[begun] as number
    // Who leaves as another comes did not wait with them.
    for (; (ends[ended] as number) <= at && ended < begun; ended++) open -= 1
    for (; starts[begun] === at; begun++) open += 1
    raise(most, cellOf(at), open)
    const next = starts[begun] ?? Number.POSITIVE_INFINITY
    // Until somebody comes there are only fewer; each leaves its height up to where it ends.
    let from = cellOf(at)
    for (; (ends[ended] as number) <= next && ended < begun; ended++) {
      const to = cellOf(ends[ended] as number)
      for (let cell = from; cell <= to; cell++) raise(most, cell, open)
      from = to
      open -= 1
    }
    const last = next === Number.POSITIVE_INFINITY ? from : cellOf(next)
    for (let cell = from; cell <= last; cell++) raise(most, cell, open)
  }
  return most
}

function raise(cells: Uint32Array, cell: number, value: number): void {
  if (value > (cells[cell] as number)) cells[cell] = value
}
