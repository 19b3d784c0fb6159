// A PostgreSQL advisory lock, made measurable by `instrument`.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { instrument } from 'storage-lock-otel/instrument'
import { listener, shutdown } from '../node-sdk/telemetry.mjs'

// PGHOST, PGUSER, PGPASSWORD, PGDATABASE, … or DATABASE_URL say where.
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
pool.on('error', () => undefined)

/** A lock as the program has it: two functions. An advisory lock belongs to the connection that took it. */
const advisoryLock = {
  async acquire(key) {
    const client = await pool.connect()
    await client.query('SELECT pg_advisory_lock($1)', [key])
    return client
  },
  async release(client, key) {
    const { rows } = await client.query('SELECT pg_advisory_unlock($1) AS released', [key])
    client.release()
    return rows[0].released
  },
}

const lock = instrument(advisoryLock, {
  storageName: 'postgresql',
  // Asked with the arguments of `acquire` and of `release`: the key is the last.
  lockId: (...args) => `order-${args.at(-1)}`,
  // The lock goes with its connection.
  watch: (lost, client) => client.once('end', lost),
  listeners: [listener],
})

await Promise.all(
  Array.from({ length: 3 }, async (_, worker) => {
    const client = await lock.acquire(42)
    try {
      console.log(`worker ${worker} has order 42`)
      await sleep(100)
    } finally {
      await lock.release(client, 42)
    }
  }),
)

// The server ends the connection: the lock is lost, and told at once.
const client = await lock.acquire(43)
client.on('error', (error) => console.log(`order 43: ${error.message}`))
const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
await pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
await sleep(200)
client.release(true)

await pool.end()
await shutdown()
