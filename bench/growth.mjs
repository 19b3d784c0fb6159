// Whether an event costs the same however large the tree, however many trees, renewals and files there are.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Action, Event, EventType, LockInformation, newEventId, OtelListener } from '../dist/esm/index.js'
import { median, ratio, summary } from './harness/measure.mjs'
import { report } from './harness/report.mjs'
import { runProgram, temporaryFolder } from './support/program.mjs'
import { tracing } from './support/providers.mjs'
import { copyText, streamLines } from './support/streams.mjs'

const { short, rounds, record } = report('growth', {
  full: { rounds: 3, events: 0 },
  short: { rounds: 2, events: 0 },
})

let clock = 1_700_000_000
const time = (seconds) => [Math.floor(clock + seconds), Math.round((seconds % 1) * 1e9) % 1e9]

function event(name, { id = newEventId(), root = id, parent = '', at, type = EventType.Lock, ends = false }) {
  const made = new Event('order-42', id, time(at))
  made.rootId = root
  made.parentId = parent
  made.ownerId = 'owner-1'
  made.storageName = 'memory-storage'
  made.eventType = type
  made.endTime = time(at)
  const action = new Action(name, time(at))
  if (ends) action.endTime = time(at)
  made.actions.push(action)
  return made
}

/** A call of Lock that tries again and again: a tree of `size` events. */
function retryingTree(size) {
  clock += 1000
  const root = event('StorageLock.Lock.Begin', { at: 0 })
  const events = [root]
  let attempt = root
  for (let i = 1; i < size - 2; i++) {
    const at = i * 1e-4
    if (i % 4 === 1) {
      attempt = event('StorageLock.Lock.Try.Begin', { root: root.id, parent: root.id, at })
      events.push(attempt)
    } else {
      const name = i % 4 === 2 ? 'Storage.Get' : i % 4 === 3 ? 'Storage.Get.Success' : 'sleep-retry'
      events.push(event(name, { root: root.id, parent: attempt.id, at, ends: i % 4 === 2 }))
    }
  }
  const last = size * 1e-4
  events.push(event('timeout', { root: root.id, parent: root.id, at: last }))
  events.push(event('StorageLock.Lock.Finish', { root: root.id, parent: root.id, at: last }))
  return events
}

const roomy = { eventsPerTree: 1e6, retainedEvents: 1e7, spansPerTrace: 1e7, openTrees: 1e6, holds: 1e6 }

function spent(run) {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** Nanoseconds an event in trees of this size, of about as many events in all each time. */
async function treeCost(size, limits) {
  const { provider } = tracing()
  const listener = new OtelListener({ tracerProvider: provider, limits })
  const total = Math.max(20_000, size)
  const trees = Array.from({ length: Math.ceil(total / size) }, () => retryingTree(size))
  globalThis.gc({ type: 'minor' })
  globalThis.gc({ type: 'minor' })
  const us = spent(() => {
    let since = 0
    for (const events of trees) {
      for (const each of events) listener.on(undefined, each)
      since += events.length
      if (since > 500) {
        since = 0
        listener.flushSync()
      }
    }
    listener.flushSync()
  })
  await provider.forceFlush()
  await listener.shutdown()
  return (us * 1000) / (trees.length * size)
}

async function compare(name, unit, sizes, measure, limit) {
  const found = new Map(sizes.map((size) => [size, []]))
  for (let round = -2; round < rounds; round++) {
    for (const size of sizes) {
      const cost = await measure(size)
      if (round >= 0) found.get(size).push(cost)
    }
  }
  for (const [size, costs] of found) record({ name: `${name}: ${size}`, unit, ...summary(costs) })
  const [first, last] = [sizes[0], sizes.at(-1)]
  record({
    name: `${name}: ${last} ÷ ${first}`,
    unit: 'ratio',
    ...ratio(found.get(last), found.get(first)),
    ...(limit === undefined ? undefined : { atMost: limit }),
  })
}

const sizes = short ? [10, 1_000, 20_000] : [10, 100, 1_000, 10_000, 100_000]
await compare('events in a tree', 'ns an event', sizes, (size) => treeCost(size), 1.3)
await compare('events in a tree, no bound', 'ns an event', sizes, (size) => treeCost(size, roomy))

/** Nanoseconds for one more event of trees of which so many are open. */
async function openCost(count) {
  const { provider } = tracing()
  const listener = new OtelListener({ tracerProvider: provider, limits: roomy })
  const trees = Array.from({ length: count }, () => retryingTree(12))
  for (const events of trees) for (const each of events.slice(0, 4)) listener.on(undefined, each)
  // Works them off without ending them.
  listener.setTracerProvider(provider)
  const chosen = []
  while (chosen.length * 4 < 20_000) chosen.push(...trees.slice(0, Math.ceil(5_000 / 4)))
  const more = chosen.slice(0, Math.min(trees.length, 2_500))
  const us = spent(() => {
    for (let at = 4; at < 8; at++) for (const events of more) listener.on(undefined, events[at])
    listener.setTracerProvider(provider)
  })
  await listener.shutdown()
  return (us * 1000) / (more.length * 4)
}

await compare('open trees', 'ns an event', short ? [100, 10_000] : [1, 100, 10_000, 100_000], openCost)

/** A lock that is held, and renewals of it. */
class HeldLock {
  #root = event('StorageLock.Lock.Begin', { at: 0 })
  #dog = event('WatchDog.Create', { root: this.#root.id, parent: this.#root.id, at: 0.001 })
  #renewals = 0

  constructor() {
    clock += 1_000_000
    this.#dog.watchDogId = `storage-lock-watch-dog-${newEventId().slice(-32)}`
  }

  acquire() {
    const parts = { root: this.#root.id, parent: this.#root.id }
    const create = event('Storage.CreateWithVersion', { ...parts, at: 0.0005, ends: true })
    create.actions[0].payloadMap = { lockInformation: this.#record(0) }
    return [
      this.#root,
      event('StorageLock.Lock.Try.Begin', { ...parts, at: 0.0001 }),
      create,
      this.#dog,
      event('StorageLock.Lock.Begin.Success', { ...parts, at: 0.002 }),
      event('StorageLock.Lock.Finish', { ...parts, at: 0.003 }),
    ]
  }

  renew() {
    this.#renewals += 1
    const at = this.#renewals * 10
    const refresh = event('WatchDog.Refresh.Begin', { root: this.#root.id, parent: this.#dog.id, at })
    const parts = { root: this.#root.id, parent: refresh.id }
    const update = event('Storage.UpdateWithVersion', { ...parts, at: at + 0.002, ends: true })
    update.actions[0].payloadMap = { lockInformation: this.#record(at) }
    refresh.actions[0].name = 'WatchDog.Refresh'
    refresh.actions.push(new Action('WatchDog.Refresh.Success', time(at + 0.003)))
    refresh.watchDogId = update.watchDogId = this.#dog.watchDogId
    return [event('Storage.GetTime', { ...parts, at: at + 0.001, ends: true }), update, refresh]
  }

  #record(at) {
    return new LockInformation('order-42', 'owner-1', this.#renewals + 1, 1, time(0), time(at + 30))
  }
}

/** Nanoseconds for a renewal of a lock, the so-manyth. */
async function renewalCosts(steps) {
  const { provider } = tracing()
  const listener = new OtelListener({ tracerProvider: provider })
  const lock = new HeldLock()
  for (const each of lock.acquire()) listener.on(undefined, each)
  listener.setTracerProvider(provider)
  const costs = []
  let done = 0
  for (const step of steps) {
    for (; done < step - 5; done++) {
      for (const each of lock.renew()) listener.on(undefined, each)
      if (done % 100 === 0) listener.setTracerProvider(provider)
    }
    listener.setTracerProvider(provider)
    // The ten around that one.
    const batch = Array.from({ length: 10 }, () => lock.renew())
    const us = batch.map((events) => {
      const before = performance.now()
      for (const each of events) listener.on(undefined, each)
      listener.setTracerProvider(provider)
      return performance.now() - before
    })
    done += 10
    costs.push(median(us) * 1e6)
  }
  await listener.shutdown()
  return costs
}

const steps = short ? [10, 1_000] : [10, 100, 1_000, 10_000]
const renewals = []
for (let round = -20; round < rounds * 2; round++) {
  const costs = await renewalCosts(round < 0 ? [10, 200] : steps)
  if (round >= 0) renewals.push(costs)
}
const costsAt = (index) => renewals.map((costs) => costs[index])
steps.forEach((step, index) => {
  record({ name: `renewals of a hold: number ${step}`, unit: 'ns', ...summary(costsAt(index)) })
})
record({
  name: `renewals of a hold: number ${steps.at(-1)} ÷ number 10`,
  unit: 'ratio',
  ...ratio(costsAt(steps.length - 1), costsAt(0)),
  atMost: 1.3,
})

const folder = temporaryFolder()

/** Milliseconds the bridge takes for the same lines out of so many files. */
async function fileCost(count) {
  const text = `${streamLines('contention.ndjson').join('\n')}\n`
  const copies = Array.from({ length: 20 }, (_, serial) => copyText(text, serial, serial * 3600))
  const parts = Array.from({ length: count }, () => '')
  const roots = new Map()
  // All of a call in one file, as the process writes it that makes it.
  for (const copy of copies) {
    for (const line of copy.split('\n')) {
      if (line === '') continue
      const root = JSON.parse(line).root_id
      if (!roots.has(root)) roots.set(root, roots.size % count)
      parts[roots.get(root)] += `${line}\n`
    }
  }
  mkdirSync(join(folder, String(count)), { recursive: true })
  const files = parts.map((part, at) => {
    const file = join(folder, String(count), `${at}.log`)
    writeFileSync(file, part)
    return file
  })
  const run = await runProgram(
    folder,
    new URL('../bridge/dist/main.js', import.meta.url),
    ['--quiet', ...files],
    {
      env: { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `http://127.0.0.1:${port}/v1/metrics` },
    },
  )
  return run.cpu
}

const sink = fork(new URL('./support/sink.mjs', import.meta.url))
const [{ port }] = await once(sink, 'message')
await compare('files', 'ms for 51,000 lines', short ? [1, 10] : [1, 10, 100], fileCost)
sink.disconnect()
