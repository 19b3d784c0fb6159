// One worker of the demonstration: takes the lock of a file, works, gives it back. Its lock events go to
// stdout, a line each; what it measures itself goes to its parent.
import fs from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import properLockfile from 'proper-lockfile'
import { JsonLinesListener } from 'storage-lock-otel'
import { instrumentProperLockfile } from 'storage-lock-otel/proper-lockfile'
import { CAST, RUN_FOR, STALE, UPDATE } from './cast.mjs'

const [file, name, started] = process.argv.slice(2)
const { hold, rest, retries, diesAt, failsAt } = CAST.find((each) => each.name === name)

// This is all it takes: from here on `lockfile` is used like proper-lockfile.
const lockfile = instrumentProperLockfile(properLockfile, {
  listeners: [new JsonLinesListener(process.stdout)],
  ownerId: name,
  lockId: () => 'inventory.json',
})

const tell = (type, milliseconds) => process.send({ name, type, milliseconds })
const between = ([from, to]) => from + Math.random() * (to - from)
const patience = { retries, minTimeout: 120, maxTimeout: 220, factor: 1.1, randomize: true }

/** A disk that goes away once the lock is held: renewing it fails. */
function failingFs() {
  let held = false
  return {
    ...fs,
    utimes: (path, atime, mtime, done) =>
      held ? done(new Error('the disk is gone')) : fs.utimes(path, atime, mtime, done),
    fail: () => {
      held = true
    },
  }
}

async function cycle(elapsed) {
  const disk = failsAt !== undefined && elapsed > failsAt ? failingFs() : undefined
  const asked = performance.now()
  let lost = false
  let release
  try {
    release = await lockfile.lock(file, {
      retries: patience,
      stale: STALE,
      update: UPDATE,
      ...(disk === undefined ? {} : { fs: disk }),
      onCompromised: () => {
        lost = true
        tell('lost', performance.now() - since)
      },
    })
  } catch (error) {
    if (error.code !== 'ELOCKED') throw error
    tell('gave-up', performance.now() - asked)
    return
  }
  const since = performance.now()
  tell('acquired', since - asked)
  if (diesAt !== undefined && elapsed > diesAt) {
    tell('doomed')
    await sleep(60_000)
  }
  disk?.fail()
  await sleep(disk === undefined ? between(hold) : STALE + UPDATE + 500)
  if (lost) return
  await release()
  tell('released', performance.now() - since)
}

// Without its parent there is nobody to work for. What it holds is given back on the way out.
process.on('disconnect', () => process.exit())
const sinceStart = () => Date.now() - Number(started)
for (let elapsed = sinceStart(); elapsed < RUN_FOR; elapsed = sinceStart()) {
  await cycle(elapsed)
  // Who has failed to renew once has shown it.
  if (failsAt !== undefined && elapsed > failsAt) break
  await sleep(between(rest))
}
process.disconnect()
