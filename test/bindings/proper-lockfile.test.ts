import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import library, * as namespace from 'proper-lockfile'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { instrumentProperLockfile, listenersOf } from '../../src/bindings/proper-lockfile.js'
import { Recorded } from './support/derive.js'
import { contend, pause, shareWithin2ms } from './support/workers.js'

const recorded = new Recorded()
const lockfile = instrumentProperLockfile(library, { listeners: [recorded] })
let folder: string
let file: string
let counter = 0

beforeAll(() => {
  folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'bindings-files-')))
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  recorded.clear()
  counter += 1
  file = join(folder, `file-${counter}`)
  fs.writeFileSync(file, '')
})

/** A file system of which some operations are another. */
const fsWith = (own: object) => ({ ...fs, ...own })

describe('bound proper-lockfile', () => {
  it('is its own `lock`, like the original, under all its names', () => {
    expect(lockfile).toBe(lockfile.lock as unknown)
    expect(Object.keys(lockfile).sort()).toEqual(Object.keys(library).sort())
    expect(lockfile.check).toBe(library.check)
    const bound = instrumentProperLockfile(namespace)
    expect(bound.lock).not.toBe(namespace.lock)
    expect(bound.checkSync).toBe(namespace.checkSync)
  })

  it('tells of acquires, waits, holds and releases what the workers measured', async () => {
    const measured = await contend(4, 5, async (_worker, held, released) => {
      const release = await lockfile.lock(file, { retries: { retries: 200, minTimeout: 3, factor: 1 } })
      held()
      await pause(3)
      await release()
      released()
    })
    expect(recorded.acquires.map(({ outcome }) => outcome)).toEqual(Array(20).fill('acquired'))
    expect(recorded.releases.map(({ outcome }) => outcome)).toEqual(Array(20).fill('released'))
    expect(recorded.acquires.every(({ lockId }) => lockId === file)).toBe(true)
    const waits = recorded.acquires.map(({ wait }) => wait * 1000)
    const holds = recorded.holds.map(({ seconds }) => seconds * 1000)
    expect(shareWithin2ms(waits, measured.waits)).toBeGreaterThan(0.5)
    expect(shareWithin2ms(holds, measured.holds)).toBeGreaterThan(0.5)
    expect(new Set(recorded.acquires.map(({ ownerId }) => ownerId)).size).toBe(1)
  })

  it('counts the attempts, as the file system saw them', async () => {
    let made = 0
    const first = await lockfile.lock(file)
    const mkdir = (path: string, done: (error: Error | null) => void) => {
      made += 1
      if (made < 4) fs.mkdir(path, done)
      else void first().then(() => fs.mkdir(path, done))
    }
    const second = await lockfile.lock(file, {
      fs: fsWith({ mkdir }),
      retries: { retries: 100, minTimeout: 15, factor: 1 },
    })
    expect(made).toBe(4)
    expect(recorded.acquires[1]).toMatchObject({ attempts: 4, busy: 3 })
    expect(recorded.count('StorageLock.Lock.Try.Begin')).toBe(1 + 4)
    await second()
  })

  it('counts an attempt once that finds the lock given back after all, and takes it', async () => {
    let made = 0
    const first = await lockfile.lock(file)
    const mkdir = (path: string, done: (error: Error | null) => void) => {
      made += 1
      if (made > 1) fs.mkdir(path, done)
      else fs.mkdir(path, (error) => void giveBack(error, done))
    }
    const giveBack = async (error: Error | null, done: (error: Error | null) => void): Promise<void> => {
      await first()
      done(error)
    }
    const second = await lockfile.lock(file, { fs: fsWith({ mkdir }) })
    expect(made).toBe(2)
    expect(recorded.acquires[1]).toMatchObject({ outcome: 'acquired', attempts: 1, busy: 0 })
    await second()
  })

  it('says that an acquire gave up waiting, and rejects with the error of the library', async () => {
    const release = await lockfile.lock(file)
    await expect(lockfile.lock(file)).rejects.toMatchObject({ code: 'ELOCKED', file })
    await expect(lockfile.lock(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' })
    expect(recorded.acquires.slice(1)).toMatchObject([
      { outcome: 'timeout', busy: 1 },
      { outcome: 'error', busy: 0 },
    ])
    await release()
    await expect(release()).rejects.toMatchObject({ code: 'ERELEASED' })
    expect(recorded.releases.map(({ outcome }) => outcome)).toEqual(['released', 'refused'])
  })

  it('says that a stale lock was taken over', async () => {
    fs.mkdirSync(`${file}.lock`)
    const stale = Date.now() / 1000 - 60
    fs.utimesSync(`${file}.lock`, stale, stale)
    const release = await lockfile.lock(file)
    expect(recorded.acquires).toMatchObject([{ outcome: 'acquired', takeover: true }])
    await release()
    await (await lockfile.lock(file))()
    expect(recorded.acquires[1]).toMatchObject({ takeover: false })
  })

  it('knows the release of a file by another name', async () => {
    const link = `${file}-link`
    fs.symlinkSync(file, link)
    await lockfile.lock(link)
    await lockfile.unlock(file)
    expect(recorded.holds).toHaveLength(1)
    await expect(lockfile.unlock(file)).rejects.toMatchObject({ code: 'ENOTACQUIRED' })
    await lockfile.lock(link, { realpath: false })
    await lockfile.unlock(link, { realpath: false })
    expect(recorded.holds).toHaveLength(2)
    expect(recorded.releases.map(({ outcome }) => outcome)).toEqual(['released', 'refused', 'released'])
  })

  it('works at once in its synchronous form', () => {
    const release = lockfile.lockSync(file)
    expect(lockfile.checkSync(file)).toBe(true)
    expect(() => lockfile.lockSync(file)).toThrow('Lock file is already being held')
    release()
    expect(() => release()).toThrow('Lock is already released')
    lockfile.lockSync(file)
    lockfile.unlockSync(file)
    expect(() => lockfile.unlockSync(file)).toThrow('not acquired')
    expect(() => lockfile.lockSync(file, { retries: 3 })).toThrow('Cannot use retries')
    expect(recorded.acquires).toMatchObject([
      { outcome: 'acquired' },
      { outcome: 'timeout', busy: 1 },
      { outcome: 'acquired' },
      { outcome: 'error' },
    ])
    expect(recorded.releases.map(({ outcome }) => outcome)).toEqual([
      'released',
      'refused',
      'released',
      'refused',
    ])
    expect(recorded.holds).toHaveLength(2)
  })

  it('tells of renewals, those that fail, and the loss that follows, once', async () => {
    let failing = false
    const utimes = (path: string, atime: Date, mtime: Date, done: (error: Error | null) => void) =>
      failing ? done(new Error('disk')) : fs.utimes(path, atime, mtime, done)
    const compromised = new Promise<Error>((resolve) => {
      void lockfile.lock(file, { fs: fsWith({ utimes }), update: 1000, stale: 2000, onCompromised: resolve })
    })
    await sleep(1200)
    failing = true
    const error = await compromised
    expect(error).toMatchObject({ code: 'ECOMPROMISED', message: 'disk' })
    expect(recorded.renewals[0]).toBe('Storage.UpdateWithVersion-success')
    expect(recorded.renewals).toContain('Storage.UpdateWithVersion-error')
    expect(recorded.losses.map(({ name }) => name)).toEqual(['lock-not-found-error'])
    expect(recorded.count('WatchDog.Exit')).toBe(1)
    await expect(lockfile.unlock(file)).rejects.toMatchObject({ code: 'ENOTACQUIRED' })
  })

  it('tells of a lock that another took or removed, when the library finds out', async () => {
    const loseAfter = async (path: string, change: () => void): Promise<unknown> => {
      let tell: (error: Error) => void = () => undefined
      const lost = new Promise<Error>((resolve) => {
        tell = resolve
      })
      await lockfile.lock(path, { update: 1000, onCompromised: tell })
      change()
      return lost
    }
    const takenOver = await loseAfter(file, () => fs.utimesSync(`${file}.lock`, new Date(1), new Date(1)))
    expect(takenOver).toMatchObject({ code: 'ECOMPROMISED' })
    const other = `${file}-2`
    fs.writeFileSync(other, '')
    const removed = await loseAfter(other, () => fs.rmdirSync(`${other}.lock`))
    expect(removed).toMatchObject({ code: 'ECOMPROMISED' })
    expect(recorded.losses.map(({ name }) => name)).toEqual(['not-lock-owner', 'lock-not-found-error'])
  })

  it('uses the file system that is given as it is, and marks the same', async () => {
    const marks: symbol[] = []
    for (const each of [library, lockfile]) {
      const own = fsWith({})
      await (await each.lock(file, { fs: own }))()
      marks.push(...Object.getOwnPropertySymbols(own))
    }
    expect(marks).toHaveLength(2)
    const error = new Error('realpath')
    const realpath = (_path: string, done: (failure: Error) => void) => done(error)
    await expect(lockfile.lock(file, { fs: fsWith({ realpath }) })).rejects.toBe(error)
  })

  it('works with a frozen file system where the original does', async () => {
    const frozen = Object.freeze(fsWith({}))
    lockfile.lockSync(file, { fs: frozen })()
    await lockfile.lock(file)
    await lockfile.unlock(file, { fs: frozen })
    expect(recorded.holds).toHaveLength(2)
  })

  it('tells whoever is added later, and nobody when nobody listens', async () => {
    const quiet = instrumentProperLockfile(library)
    const release = await quiet.lock(file)
    listenersOf(quiet).add(recorded)
    await release()
    await (await quiet.lock(file))()
    expect(recorded.acquires).toHaveLength(1)
    expect(recorded.releases).toHaveLength(1)
  })
})

describe('a compromised lock without a handler', () => {
  it('is an uncaught exception with the binding as without', async () => {
    const seen: unknown[] = []
    const original = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => seen.push(error))
    try {
      await lockfile.lock(file, { update: 1000 })
      fs.rmdirSync(`${file}.lock`)
      while (seen.length === 0) await pause(20)
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const listener of original) process.on('uncaughtException', listener)
    }
    expect(seen).toMatchObject([{ code: 'ECOMPROMISED' }])
    expect(recorded.losses).toHaveLength(1)
  })
})

it('is a TypeError when given something else, or a wrong option', () => {
  expect(() => instrumentProperLockfile({})).toThrow(TypeError)
  expect(() => instrumentProperLockfile(library, { lockId: 'x' } as never)).toThrow(
    'instrumentProperLockfile: lockId must be a function',
  )
})
