import {
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CheckpointSource, Checkpoints, TrackedFile } from '../../src/input/checkpoints.js'
import {
  type FileState,
  findRotated,
  hashHead,
  isSameFile,
  loadState,
  StateError,
  saveState,
} from '../../src/input/state.js'

let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bridge-state-'))
  path = join(directory, 'state.json')
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

async function stateOf(file: string, offset: number): Promise<FileState> {
  const { dev, ino } = await stat(file)
  const head = (await readFile(file)).subarray(0, offset)
  return { path: file, dev, ino, offset, lines: 1, head: { bytes: head.length, sha256: hashHead(head) } }
}

async function same(file: string, state: FileState): Promise<boolean> {
  const handle = await open(file)
  const result = await isSameFile(handle, await handle.stat(), state)
  await handle.close()
  return result
}

describe('the state file', () => {
  it('is read as it was written, and leaves nothing else behind', async () => {
    const state = await stateOf(directory, 0).catch(() => undefined)
    expect(state).toBeUndefined()
    const files: FileState[] = [
      { path: '/a', dev: 1, ino: 2, offset: 3, lines: 4, head: { bytes: 5, sha256: 'x' } },
    ]
    await saveState(path, files)
    expect(await loadState(path)).toEqual(files)
    expect(await readdir(directory)).toEqual(['state.json'])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('is empty when there is none', async () => {
    expect(await loadState(path)).toEqual([])
  })

  it.each(['', '{"version":1', '{"version":2,"files":[]}', '{"version":1,"files":[{"path":"/a"}]}', 'null'])(
    'is refused when it is something else: %j',
    async (text) => {
      await writeFile(path, text)
      await expect(loadState(path)).rejects.toThrow(StateError)
    },
  )

  const entry = { path: '/a', dev: 1, ino: 2, offset: 3, lines: 4, head: { bytes: 3, sha256: 'x' } }
  const written = (change: object): Promise<void> =>
    writeFile(path, JSON.stringify({ version: 1, files: [{ ...entry, ...change }] }))

  it.each([
    { offset: -5 },
    { read: -1 },
    { lines: -7 },
    { offset: 1.5 },
    { head: { bytes: -1, sha256: 'x' } },
    { head: { bytes: 1e15, sha256: 'x' } },
  ])('is refused when its numbers cannot be: %j', async (change) => {
    await written(change)
    await expect(loadState(path)).rejects.toThrow('is not a state file')
  })

  it('is read where files have numbers beyond the whole ones, as on network file systems', async () => {
    await written({ dev: 2 ** 63, ino: 2 ** 63 + 4096 })
    expect(await loadState(path)).toMatchObject([{ ino: 2 ** 63 + 4096 }])
  })

  it('of a newer version says so', async () => {
    await writeFile(path, '{"version":2,"files":[]}')
    await expect(loadState(path)).rejects.toThrow('newer version')
  })

  it('is replaced where a link leads to', async () => {
    const link = join(directory, 'link.json')
    await saveState(path, [])
    await symlink(path, link)
    await saveState(link, [entry])
    expect((await lstat(link)).isSymbolicLink()).toBe(true)
    expect(await loadState(path)).toEqual([entry])
    expect((await readdir(directory)).sort()).toEqual(['link.json', 'state.json'])
  })

  it('that cannot be replaced leaves nothing half done behind', async () => {
    await mkdir(path)
    await expect(saveState(path, [])).rejects.toThrow()
    expect(await readdir(directory)).toEqual(['state.json'])
  })
})

describe('a file that was followed before', () => {
  it('is known again by its number and its first bytes', async () => {
    const log = join(directory, 'service.log')
    await writeFile(log, 'one\ntwo\n')
    const state = await stateOf(log, 4)
    expect(await same(log, state)).toBe(true)
    expect(await same(log, { ...state, ino: state.ino + 1 })).toBe(false)
    expect(await same(log, { ...state, offset: 9 })).toBe(false)
    await writeFile(log, 'other text\n')
    expect(await same(log, state)).toBe(false)
  })

  it('is found under the name it was rotated to', async () => {
    const log = join(directory, 'service.log')
    await writeFile(log, 'one\ntwo\n')
    const state = await stateOf(log, 4)
    expect(await findRotated(state)).toBeUndefined()
    await rename(log, `${log}.1`)
    await writeFile(log, 'new\n')
    expect(await findRotated(state)).toBe(`${log}.1`)
  })
})

describe('Checkpoints', () => {
  interface Setup {
    checkpoints: Checkpoints
    file: TrackedFile
    position: { offset: number; lines: number }
    source: CheckpointSource & { made: number; settledBelow: number; open: string[] }
    written: () => Promise<number | undefined>
  }

  async function setup(): Promise<Setup> {
    const position = { offset: 0, lines: 0 }
    const source = {
      made: 0,
      settledBelow: 0,
      open: [] as string[],
      pending: () => new Set(source.open),
    }
    const checkpoints = new Checkpoints(path, source, [], (error) => {
      throw error
    })
    const file = new TrackedFile('/a', { dev: 1, ino: 2 }, () => position)
    await checkpoints.add(file)
    return { checkpoints, file, position, source, written: async () => (await loadState(path))[0]?.offset }
  }

  const event = (file: TrackedFile, rootId: string, offset: number): boolean =>
    file.event(rootId, { file: '/a', line: offset / 10 + 1, offset })

  it('write a position only when everything before it was delivered', async () => {
    const { checkpoints, file, position, source, written } = await setup()
    event(file, 'a', 0)
    Object.assign(position, { offset: 10, lines: 1 })
    source.made = 3
    await checkpoints.advance()
    expect(await written()).toBe(0)
    source.settledBelow = 2
    await checkpoints.advance()
    expect(await written()).toBe(0)
    source.settledBelow = 3
    await checkpoints.advance()
    expect(await written()).toBe(10)
  })

  it('hold at the first event of the oldest tree that is open', async () => {
    const { checkpoints, file, position, source, written } = await setup()
    event(file, 'a', 0)
    event(file, 'b', 10)
    event(file, 'a', 20)
    event(file, 'c', 30)
    Object.assign(position, { offset: 40, lines: 4 })
    source.open = ['b', 'c']
    await checkpoints.advance()
    await checkpoints.advance()
    expect(await written()).toBe(10)
    expect((await loadState(path))[0]).toMatchObject({ lines: 1 })
    source.open = ['c']
    await checkpoints.advance()
    await checkpoints.advance()
    expect(await written()).toBe(30)
  })

  it('begin anew after a truncation', async () => {
    const { checkpoints, file, position, source, written } = await setup()
    event(file, 'a', 0)
    source.open = ['a']
    file.restart()
    Object.assign(position, { offset: 5, lines: 1 })
    await checkpoints.advance()
    await checkpoints.advance()
    expect(await written()).toBe(5)
  })

  it('keep what an earlier run told of files that are not read yet', async () => {
    const old: FileState = {
      path: '/b',
      dev: 3,
      ino: 4,
      offset: 5,
      lines: 1,
      head: { bytes: 0, sha256: 'x' },
    }
    const gone: FileState = { ...old, path: '/c', ino: 9 }
    const source = { made: 0, settledBelow: 0, pending: () => new Set<string>() }
    const checkpoints = new Checkpoints(path, source, [old, gone], (error) => {
      throw error
    })
    checkpoints.forget(gone)
    await checkpoints.add(new TrackedFile('/a', { dev: 1, ino: 2 }, () => ({ offset: 7, lines: 1 })))
    await checkpoints.advance()
    await checkpoints.advance()
    expect((await loadState(path)).map((file) => [file.path, file.offset])).toEqual([
      ['/b', 5],
      ['/a', 7],
    ])
    await checkpoints.add(new TrackedFile('/b', { dev: 3, ino: 4 }, () => ({ offset: 6, lines: 1 }), old))
    await checkpoints.advance()
    await checkpoints.advance()
    expect((await loadState(path)).map((file) => [file.path, file.offset])).toEqual([
      ['/a', 7],
      ['/b', 6],
    ])
  })

  it('forget a replaced file when all of it was delivered', async () => {
    const { checkpoints, file, position, source } = await setup()
    Object.assign(position, { offset: 10, lines: 1 })
    file.closed = true
    source.made = 1
    await checkpoints.advance()
    source.settledBelow = 1
    await checkpoints.advance()
    expect(await loadState(path)).toHaveLength(1)
    await checkpoints.advance()
    await checkpoints.advance()
    expect(await loadState(path)).toHaveLength(0)
  })

  it('write again what could not be written, though nothing has changed, and tell of it once', async () => {
    const told: Error[] = []
    const source = { made: 0, settledBelow: 0, pending: () => new Set<string>() }
    const missing = join(directory, 'not-yet', 'state.json')
    const checkpoints = new Checkpoints(missing, source, [], (error) => void told.push(error))
    await checkpoints.add(new TrackedFile('/a', { dev: 1, ino: 2 }, () => ({ offset: 7, lines: 1 })))
    await checkpoints.advance()
    await checkpoints.advance()
    expect(told).toHaveLength(1)
    await mkdir(join(directory, 'not-yet'))
    await checkpoints.advance()
    expect(await loadState(missing)).toMatchObject([{ path: '/a', offset: 7 }])
  })

  it('know the file by its first bytes', async () => {
    const log = join(directory, 'service.log')
    await writeFile(log, 'one\ntwo\n')
    const { dev, ino } = await stat(log)
    const file = new TrackedFile(log, { dev, ino }, () => ({ offset: 4, lines: 1 }))
    file.sees(Buffer.from('one\n'))
    file.sees(Buffer.from('two\n'))
    const state = file.state(() => false)
    expect(state.offset).toBe(4)
    expect(await same(log, state)).toBe(true)
    const resumed = new TrackedFile(log, { dev, ino }, () => ({ offset: 8, lines: 2 }), state)
    resumed.sees(Buffer.from('two\n'))
    expect(
      await same(
        log,
        resumed.state(() => false),
      ),
    ).toBe(true)
  })
})
