import { appendFile, mkdtemp, rename, rm, truncate, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InputClock } from '../../src/input/clock.js'
import { FollowedFile, follow } from '../../src/input/follow.js'
import { StopSignal } from '../../src/input/reading.js'

let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bridge-follow-'))
  path = join(directory, 'service.log')
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

interface Followed {
  file: FollowedFile
  /** What was read, with marks between files. */
  text: string
  notices: string[]
  poll(): Promise<boolean>
}

function followed(startOffset?: () => Promise<number>): Followed {
  const stop = new StopSignal()
  const followed: Followed = {
    text: '',
    notices: [],
    file: new FollowedFile(
      path,
      {
        open: () => ({
          feed: (chunk) => {
            followed.text += chunk.toString()
            return Promise.resolve()
          },
          end: () => {
            followed.text += '<end>'
            return Promise.resolve()
          },
          restart: () => {
            followed.text += '<restart>'
          },
        }),
        notice: (what) => followed.notices.push(what),
      },
      startOffset,
    ),
    poll: () => followed.file.poll(stop),
  }
  return followed
}

describe('FollowedFile', () => {
  it('reads what is there, then what is added', async () => {
    await writeFile(path, 'one\n')
    const it = followed()
    expect(await it.poll()).toBe(true)
    expect(await it.poll()).toBe(false)
    await appendFile(path, 'two\nthr')
    await it.poll()
    await appendFile(path, 'ee\n')
    await it.poll()
    expect(it.text).toBe('one\ntwo\nthree\n')
    expect(it.notices).toEqual([])
    await it.file.close()
  })

  it('waits for a file that is not there yet, and says so once', async () => {
    const it = followed()
    expect(await it.poll()).toBe(false)
    expect(await it.poll()).toBe(false)
    await writeFile(path, 'late\n')
    expect(await it.poll()).toBe(true)
    expect(it.text).toBe('late\n')
    expect(it.notices).toEqual(['missing'])
    await it.file.close()
  })

  it('reads a file that was replaced to its end, with what its writer added late, then the new one', async () => {
    await writeFile(path, 'one\n')
    const it = followed()
    await it.poll()
    await appendFile(path, 'two\n')
    await rename(path, `${path}.1`)
    await it.poll()
    await writeFile(path, 'new\n')
    await it.poll()
    await appendFile(`${path}.1`, 'three\n')
    for (let look = 0; look < 4; look++) await it.poll()
    expect(it.text).toBe('one\ntwo\nthree\n<end>new\n')
    expect(it.notices).toEqual(['missing', 'rotated'])
    await it.file.close()
  })

  it('begins anew when the file was truncated', async () => {
    await writeFile(path, 'a long first line\n')
    const it = followed()
    await it.poll()
    await truncate(path)
    await it.poll()
    await appendFile(path, 'new\n')
    await it.poll()
    expect(it.text).toBe('a long first line\n<restart>new\n')
    expect(it.notices).toEqual(['truncated'])
    await it.file.close()
  })

  it('keeps reading a file that was removed, until there is a new one', async () => {
    await writeFile(path, 'one\n')
    const it = followed()
    await it.poll()
    await unlink(path)
    expect(await it.poll()).toBe(false)
    await writeFile(path, 'two\n')
    for (let look = 0; look < 4; look++) await it.poll()
    expect(it.text).toBe('one\n<end>two\n')
    await it.file.close()
  })

  it('begins where it is told', async () => {
    await writeFile(path, 'one\ntwo\n')
    const it = followed(() => Promise.resolve(4))
    await it.poll()
    expect(it.text).toBe('two\n')
    await it.file.close()
  })

  it('waits when there is a directory', async () => {
    path = directory
    const it = followed()
    expect(await it.poll()).toBe(false)
    expect(it.notices).toEqual(['unreadable'])
  })
})

describe('follow', () => {
  it('follows until it is told to stop, and closes the files', async () => {
    await writeFile(path, 'one\n')
    const it = followed()
    const stop = new StopSignal()
    const wake: { onWake?: () => void } = {}
    const done = follow([it.file], new InputClock(), stop, wake)
    while (wake.onWake === undefined) await new Promise((resolve) => setImmediate(resolve))
    await appendFile(path, 'two\n')
    wake.onWake()
    while (!it.text.includes('two')) await new Promise((resolve) => setImmediate(resolve))
    stop.request()
    await done
    expect(it.text).toBe('one\ntwo\n')
  })
})
