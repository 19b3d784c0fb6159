import { type Event, eventFromJson, type OtelListener } from '../../../src/index.js'

/** How many events are told between two turns of the event loop. */
const TURN = 200

/**
 * Tells a listener the events of lines as a process would publish them: with turns of the event loop in between, in
 * which spans are made.
 *
 * @param progress called after every turn with the number of events told so far
 */
export async function tellLines(
  listener: OtelListener,
  lines: Iterable<string>,
  progress?: (told: number) => void,
): Promise<number> {
  return tellEvents(listener, parse(lines), progress)
}

export async function tellEvents(
  listener: OtelListener,
  events: Iterable<Event>,
  progress?: (told: number) => void,
): Promise<number> {
  let told = 0
  for (const event of events) {
    listener.on(undefined, event)
    if (++told % TURN === 0) {
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
      progress?.(told)
    }
  }
  return told
}

function* parse(lines: Iterable<string>): Generator<Event> {
  for (const line of lines) yield eventFromJson(line)
}
