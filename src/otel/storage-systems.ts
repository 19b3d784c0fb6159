import { SpanKind } from '@opentelemetry/api'

/** How a storage's operations are shown. */
export interface StorageSystem {
  readonly kind: SpanKind
  /** Value of `db.system.name`, in the conventions' spelling; undefined where the name does not tell. */
  readonly system: string | undefined
}

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/maria/i, 'mariadb'],
  [/postgres|pgsql|(^|[^a-z])pg([^a-z]|$)/i, 'postgresql'],
  [/mysql|tidb/i, 'mysql'],
  [/sqlite/i, 'sqlite'],
  [/redis|redlock|valkey/i, 'redis'],
  [/mongo/i, 'mongodb'],
  [/sqlserver|sql-server|mssql/i, 'microsoft.sql_server'],
  [/oracle/i, 'oracle.db'],
  [/cassandra/i, 'cassandra'],
  [/dynamo/i, 'aws.dynamodb'],
  [/etcd/i, 'etcd'],
]
/** In the process itself: there is no call to another system. */
const IN_PROCESS = /memory|async-mutex|in-process|local/i
const KNOWN_AT_MOST = 256

const known = new Map<string, StorageSystem>()

/** What a storage's name tells of the system behind it (`postgresql-storage` → postgresql). */
export function storageSystemOf(storageName: string): StorageSystem {
  let system = known.get(storageName)
  if (system === undefined) {
    system = classify(storageName)
    if (known.size < KNOWN_AT_MOST) known.set(storageName, system)
  }
  return system
}

function classify(storageName: string): StorageSystem {
  if (IN_PROCESS.test(storageName)) return { kind: SpanKind.INTERNAL, system: undefined }
  for (const [pattern, system] of SYSTEMS) {
    if (pattern.test(storageName)) return { kind: SpanKind.CLIENT, system }
  }
  return { kind: storageName === '' ? SpanKind.INTERNAL : SpanKind.CLIENT, system: undefined }
}
