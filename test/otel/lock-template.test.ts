import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lockNameOf } from '../../src/index.js'

/** Ids as people choose them, and what somebody on call wants to read. */
const NAMES: Record<string, string> = {
  // Numbers, however they are joined.
  'order-42': 'order-*',
  order_42: 'order_*',
  'order:42': 'order:*',
  'order/42': 'order/*',
  'Order#42': 'Order#*',
  order42: 'order*',
  order12345: 'order*',
  'shard-0007': 'shard-*',
  shard0007: 'shard*',
  'shard-7-of-16': 'shard-*-of-*',
  'partition[12]': 'partition[*]',
  'locks:{user:42}:balance': 'locks:{user:*}:balance',
  'resource=abc;id=99': 'resource=abc;id=*',
  'C:\\locks\\order-42.lck': 'C:\\locks\\order-*.lck',
  '12345': '*',
  '3.14': '*',
  'github:org/repo#1234': 'github:org/repo#*',
  'заказ-42-готов': 'заказ-*-готов',
  '订单-42': '订单-*',
  // Ids.
  'invoice:7b046277-7b6d-4e68-9dd7-26ae970accfd:pdf': 'invoice:*:pdf',
  'invoice:7B046277-7B6D-4E68-9DD7-26AE970ACCFD': 'invoice:*',
  'storage-lock-7b0462777b6d4e689dd726ae970accfd': 'storage-lock-*',
  '7b0462777b6d4e689dd726ae970accfd': '*',
  'job-01ARZ3NDEKTSV4RRFFQ69G5FAV': 'job-*',
  'cron:0ujsswThIGTUYm2K8FjOOfXtY1K': 'cron:*',
  'mongo/507f1f77bcf86cd799439011/lock': 'mongo/*/lock',
  'checkout:cart:ckx7x2k3d0000qzrmn831i7rn': 'checkout:cart:*',
  'stripe:pi_3MtwBwLkdIwHu7ix28a3tqPa': 'stripe:pi_*',
  'ord-9f8e7d': 'ord-*',
  sess_5f2b9a: 'sess_*',
  'customer-AB12CD34': 'customer-*',
  'worker-a1b2c3': 'worker-*',
  'ec2-i-0abcd1234ef567890': 'ec2-i-*',
  '0x1f4e': '*',
  'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855': 'sha256:*',
  'tok-eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9': 'tok-*',
  'k8s:default/my-deployment-6d4cf56db6-x7k2p': 'k8s:default/my-deployment-*',
  'k8s:default/my-deployment-6d4cf56db6-xzqkp': 'k8s:default/my-deployment-*',
  'web-0': 'web-*',
  order_550e8400_e29b_41d4_a716_446655440000: 'order_*',
  '{A987FBC9-4BED-3078-CF07-9141BA07C9F3}': '{*}',
  'lock-V1StGXR8_Z5jdHi6B-myT': 'lock-*',
  'nano:FyQkTrLmNpXsVwZaBcDeF': 'nano:*',
  'job/SyMQNDLwtYaGvnjzRegBEMAfaO7': 'job/*',
  'session:aGVsbG8gd29ybGQ=': 'session:*',
  'session:3q2+7wAAAAD/8fLz9PX29w==': 'session:*',
  'jwt:eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4fwpM': 'jwt:*',
  'firebase:-NqXyZ3aBcDeFgHiJkLm': 'firebase:*',
  job_xkcdqzvhijqwmnopqrst: 'job_*',
  'objects/3f/9b/d41d8cd98f00b204e9800998ecf8427e': 'objects/*',
  'if:00:1a:2b:3c:4d:5e': 'if:*',
  'if-00-1A-2B-3C-4D-5E': 'if-*',
  'order-４２': 'order-*',
  'order-٤٢': 'order-*',
  // Dates and times.
  'report:Nov-29-2026': 'report:*',
  'report-29-Nov-2026': 'report-*',
  'Sun, 29 Nov 2026 10:42:05 GMT': 'Sun, * * GMT',
  'job:2026-11-23': 'job:*',
  'job:2026-11-23T10:15:30Z': 'job:*',
  'job:2026-11-23T10:15:30.123+02:00': 'job:*',
  'report-2026-11': 'report-*',
  'report-2026-w47': 'report-*',
  'nightly-20261123T101530Z': 'nightly-*',
  backup_2026_11_23: 'backup_*',
  'file:/data/2026/11/23/part-00017.parquet': 'file:/data/*/part-*.parquet',
  // People and machines.
  'user/jane.doe@example.com/profile': 'user/*/profile',
  'jane.doe+tag@example.co.uk': '*',
  '10.0.3.17:6379': '*',
  'host-10-0-3-17': 'host-*',
  'node-2001:db8::1': 'node-*',
  'ip-10-0-3-17.eu-west-1.compute.internal': 'ip-*.eu-west-1.compute.internal',
  // Words, numbers in them or not.
  tenant_acme_report: 'tenant_acme_report',
  'leader-election': 'leader-election',
  'my.lock': 'my.lock',
  'std::mutex': 'std::mutex',
  'cafe-menu': 'cafe-menu',
  'facade/decade/deadbeef': 'facade/decade/deadbeef',
  'facade2-effaced': 'facade*-effaced',
  'git-ccdcabb': 'git-*',
  'git-bfcefda7': 'git-*',
  v2: 'v2',
  'march-2026-nightly': '*-nightly',
  'marching-band-2': 'marching-band-*',
  'december-sale': 'december-sale',
  getUserByIdFromDatabase: 'getUserByIdFromDatabase',
  'PaymentServiceOrderProcessor/HTTPSConnectionPool': 'PaymentServiceOrderProcessor/HTTPSConnectionPool',
  'Orders-Queue-Handler1': 'Orders-Queue-Handler*',
  internationalizationservice: 'internationalizationservice',
  'healthchecksynchronizer-backgroundscheduler': 'healthchecksynchronizer-backgroundscheduler',
  Donaudampfschifffahrtsgesellschaft: 'Donaudampfschifffahrtsgesellschaft',
  'json2csv-convert': 'json*csv-convert',
  'kubernetes-controller-leader': 'kubernetes-controller-leader',
  'config-v521': 'config-v*',
  'api/v2/orders': 'api/v2/orders',
  'apps/v1beta1': 'apps/v1beta1',
  's3-bucket': 's3-bucket',
  'oauth2-token': 'oauth2-token',
  'utf8-import': 'utf8-import',
  '2fa-reset': '2fa-reset',
  'mp3-encode': 'mp3-encode',
  'fault-Get-sqlite3.Error': 'fault-Get-sqlite3.Error',
  'us-east-2a/billing': 'us-east-2a/billing',
  'europe-west1-b': 'europe-west1-b',
  'Q3-2026': 'Q3-*',
  '': '',
}

/** Text of random letters of an alphabet, the same in each run. */
function randomText(): (alphabet: string, length: number) => string {
  let seed = 42
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  return (alphabet, length) => Array.from({ length }, () => alphabet.charAt(random(alphabet.length))).join('')
}

describe('lockNameOf', () => {
  it.each(Object.entries(NAMES))('makes of %s %s', (id, name) => {
    expect(lockNameOf(id)).toBe(name)
  })

  it('gives all ids of a kind one name', () => {
    const kinds: Record<string, (n: number) => string> = {
      'order-*': (n) => `order-${n}`,
      'job:*': (n) => `job:${new Date(1_700_000_000_000 + n * 86_400_000).toISOString().slice(0, 10)}`,
      'lock-*': () => `lock-${crypto.randomUUID()}`,
      'key/*': () => `key/${crypto.randomUUID().replaceAll('-', '')}`,
    }
    for (const [name, idOf] of Object.entries(kinds)) {
      const names = new Set(Array.from({ length: 2000 }, (_, n) => lockNameOf(idOf(n))))
      expect([...names]).toEqual([name])
    }
  })

  it('gives random ids of any alphabet one name, but for a few', () => {
    const of = randomText()
    const LOWER = 'abcdefghijklmnopqrstuvwxyz'
    const BASE_62 = `0123456789${LOWER}${LOWER.toUpperCase()}`
    const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
    const HEX = '0123456789abcdef'
    const uuid = (): string => [8, 4, 4, 4, 12].map((length) => of(HEX, length)).join('_')
    const kinds: Record<string, () => string> = {
      'ulid:*': () => `ulid:01${of(CROCKFORD, 24)}`,
      'ksuid:*': () => `ksuid:${of(BASE_62, 27)}`,
      'nanoid:*': () => `nanoid:${of(`${BASE_62}_-`, 21)}`,
      'base64:*': () => `base64:${of(`${BASE_62}+/`, 22)}==`,
      'cuid:*': () => `cuid:c${of(`0123456789${LOWER}`, 24)}`,
      'short:*': () => `short:${of(BASE_62, 12)}`,
      'pi_*': () => `pi_${of(BASE_62, 24)}`,
      'mac:*': () => `mac:${Array.from({ length: 6 }, () => of(HEX, 2)).join(':')}`,
      'git-*': () => `git-${of(HEX, 7)}`,
      'uuid_*': () => `uuid_${uuid()}`,
      'token:*': () => `token:${of(LOWER, 24)}`,
    }
    for (const [name, idOf] of Object.entries(kinds)) {
      const names = Array.from({ length: 2000 }, () => lockNameOf(idOf()))
      const others = names.filter((each) => each !== name)
      expect(others.length, `${name}, but ${others.slice(0, 5).join(' ')}`).toBeLessThan(names.length * 0.025)
    }
  })

  it('gives 100,000 ids of twelve kinds twelve names at most', () => {
    const of = randomText()
    const hex = (): string => of('0123456789abcdef', 32)
    const BASE_62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
    const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
    const day = (n: number): string => new Date(n * 86_400_000).toISOString()
    const kinds: readonly ((n: number) => string)[] = [
      () => `order-${crypto.randomUUID()}`,
      () => `order-${crypto.randomUUID().toUpperCase()}`,
      () => `cart:${hex()}`,
      () => `mongo/${hex().slice(0, 24)}/write`,
      () => `job:01${of(CROCKFORD, 24)}`,
      () => `event:2${of(BASE_62, 26)}`,
      (n) => `account/${n}`,
      (n) => `shard_${String(n).padStart(6, '0')}_lock`,
      (n) => `report-${day(n % 20_000).slice(0, 10)}`,
      (n) =>
        `backup/${day(n % 20_000)
          .slice(0, 10)
          .replaceAll('-', '/')}/full`,
      (n) => `user:first.last${n}@example${n % 7}.org:profile`,
      (n) => `/srv/data/${n % 97}/part-${n}.lock`,
    ]
    const names = new Set(
      Array.from({ length: 100_000 }, (_, n) => lockNameOf(kinds[n % kinds.length]?.(n) ?? '')),
    )
    expect(names.size, [...names].join(' ')).toBeLessThanOrEqual(12)
  })

  it('takes any text in a moment, and makes a short name of it that is its own', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 600 }), fc.string({ maxLength: 40 })),
        (id) => {
          const name = lockNameOf(id)
          expect(name.length).toBeLessThanOrEqual(128)
          expect(lockNameOf(id)).toBe(name)
        },
      ),
    )
    const began = performance.now()
    for (const part of ['a', '1', '-', 'a1', '1a-', '@', 'a@', '.', ':', 'f:', '1.1', '*', '\u0000']) {
      for (let i = 0; i < 20; i++) lockNameOf(part.repeat(1_000_000))
    }
    expect(performance.now() - began).toBeLessThan(20_000)
  })
})
