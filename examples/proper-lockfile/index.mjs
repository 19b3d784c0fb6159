// proper-lockfile between processes: four of them count in one file, and none of the counts is lost.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import properLockfile from 'proper-lockfile'
import { instrumentProperLockfile } from 'storage-lock-otel/proper-lockfile'
import { listener, shutdown } from '../node-sdk/telemetry.mjs'

const PROCESSES = 4
const COUNTS = 3

// The only line that is new.
const lockfile = instrumentProperLockfile(properLockfile, { lockId: () => 'count', listeners: [listener] })

async function count(file) {
  for (let i = 0; i < COUNTS; i++) {
    const release = await lockfile.lock(file, { retries: { retries: 500, minTimeout: 5, maxTimeout: 20 } })
    try {
      fs.writeFileSync(file, String(Number(fs.readFileSync(file, 'utf8')) + 1))
    } finally {
      await release()
    }
  }
}

const [file] = process.argv.slice(2)
if (file === undefined) {
  const folder = fs.mkdtempSync(join(tmpdir(), 'lockfile-example-'))
  const shared = join(folder, 'count')
  fs.writeFileSync(shared, '0')
  const children = Array.from({ length: PROCESSES }, () => fork(fileURLToPath(import.meta.url), [shared]))
  await Promise.all(children.map((child) => once(child, 'exit')))
  console.log(`${PROCESSES} processes, ${COUNTS} counts each: ${fs.readFileSync(shared, 'utf8')}`)
  fs.rmSync(folder, { recursive: true })
} else {
  await count(file)
}
await shutdown()
