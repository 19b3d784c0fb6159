/** Keeps the workers' event lines, and knows which acquires waited longest. */

export class Lines {
  all = []

  /** When each tree began to wait, and how long it did, in milliseconds. */
  #begins = new Map()
  #waits = new Map()

  add(line) {
    this.all.push(line)
    const event = JSON.parse(line)
    for (const { name, start_time: at } of event.actions ?? []) {
      if (name === 'StorageLock.Lock.Begin') this.#begins.set(event.root_id, Date.parse(at))
      if (name === 'StorageLock.Lock.Begin.Success' || name === 'timeout') {
        this.#waits.set(event.root_id, Date.parse(at) - this.#begins.get(event.root_id))
      }
    }
  }

  /** The lines of the acquires that waited longest, and of the releases of what they got. */
  mostContended(count) {
    const roots = new Set(
      [...this.#waits]
        .sort(([, a], [, b]) => b - a)
        .slice(0, count)
        .map(([root]) => root),
    )
    const events = this.all.map((line) => JSON.parse(line))
    const dogs = new Set(events.filter((each) => roots.has(each.root_id)).map((each) => each.watch_dog_id))
    dogs.delete('')
    for (const { root_id: root, watch_dog_id: dog } of events) if (dogs.has(dog)) roots.add(root)
    return this.all.filter((_, index) => roots.has(events[index].root_id))
  }
}
