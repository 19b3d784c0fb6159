import { looksRandom } from './random-text.js'

const MAX_NAME = 128
const MAX_ID = 512

/** What stands for a part that differs from lock to lock. */
const ANY = '*'

const EMAIL = /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]+/gu

const MONTH =
  '(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|january|february|march|april|june|july|august|september|october|november|december)'

/** Parts that vary as a whole although separators stand in them, longest forms first. */
const VARIABLE = new RegExp(
  [
    // UUIDs, in parts.
    '[0-9a-f]{8}([-_])[0-9a-f]{4}\\1[0-9a-f]{4}\\1[0-9a-f]{4}\\1[0-9a-f]{12}',
    // JSON Web Tokens.
    '\\beyJ[\\w-]+(?:\\.[\\w-]+){0,2}',
    // Hashes below folders of their first digits.
    '(?<![0-9a-z])(?:[0-9a-f]{2}/){1,4}[0-9a-f]{16,}(?![0-9a-z])',
    // Dates, also with a time, and weeks of a year.
    '\\d{4}-\\d{2}-\\d{2}(?:[T_ ]?\\d{2}[:.-]?\\d{2}(?:[:.-]?\\d{2}(?:[.,]\\d+)?)?(?:Z|[+-]\\d{2}:?\\d{2})?)?',
    '\\d{4}/\\d{2}/\\d{2}',
    '(?<![0-9a-z])\\d{4}-?W\\d{2}(?:-\\d)?(?![0-9a-z])',
    `(?<![\\p{L}\\d])(?:\\d{1,2}[-_ ]?)?${MONTH}[-_ ]?(?:\\d{1,2}[-_, ]{1,2})?\\d{4}(?![\\p{L}\\d])`,
    // Addresses.
    '(?<![0-9a-z])[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\\2){4}[0-9a-f]{2}(?![0-9a-z])',
    '\\d{1,3}(?:\\.\\d{1,3}){3}(?::\\d+)?',
    '(?:\\b[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}',
    '\\b(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}',
    // What Kubernetes puts behind a Deployment's name to make the name of a pod: no vowels, no 0, 1, 3.
    '(?<=-)[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}(?![\\p{L}\\p{N}])',
  ].join('|'),
  'giu',
)

/** Base64 of 16 and of 32 bytes. */
const BASE_64 = /(?<![A-Za-z0-9+/=])(?:[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{43}=)/g
/** What may have `-` and `_` among its 64 digits, where they are no separators. */
const RUN = /[\w-]{20,}/g
/** How long it is then: 32 and 16 bytes of base64, a nanoid, a push id of Firebase. */
const LENGTHS = [43, 22, 21, 20]

/** Regions of clouds: there are few, and they tell locks apart for whoever is on call. */
const REGION =
  /\b(?:(?:af|ap|ca|cn|eu|il|me|mx|sa|us|us-gov)-(?:north|south|east|west|central)(?:east|west)?-\d[a-z]?|(?:africa|asia|australia|europe|me|northamerica|southamerica|us)-(?:north|south|east|west|central)(?:east|west)?\d{1,2}(?:-[a-f])?)\b/g

/** Words that have a number in them as others have a letter. */
const KNOWN = new RegExp(
  `^(?:${[
    'v\\d{1,2}(?:(?:alpha|beta|rc)\\d*)?',
    'q[1-4]',
    's3|ec2|r2|gp[23]|route53|d1',
    'k[38]s|i18n|l10n|a11y|o11y|e2e|b2[bc]|p2p|2fa|web3|log4j|neo4j|sqlite3',
    'http[123]|h2|h26[45]|ipv[46]|oauth2?|mp[34]',
    'utf(?:8|16)|base(?:32|58|64)|md5|sha(?:1|256|384|512)|crc(?:16|32|64)|ed25519',
    'x(?:64|86)|amd64|arm64|win(?:32|64)|u?int(?:8|16|32|64)',
  ].join('|')})$`,
  'i',
)

/** Words of an id, between its separators. */
const WORD = /[\p{L}\p{N}]+/gu

/**
 * The template of a lock id: what tells one lock of a kind from another becomes `*`. Names and words stay:
 * `tenant_acme_report` is as good as it gets without knowing what a tenant is.
 *
 * @example
 * ```ts
 * lockNameOf('order-42') // 'order-*'
 * lockNameOf('invoice:7b046277-7b6d-4e68-9dd7-26ae970accfd:pdf') // 'invoice:*:pdf'
 * lockNameOf('s3-bucket/eu-west-1/shard-0007') // 's3-bucket/eu-west-1/shard-*'
 * ```
 */
export function lockNameOf(lockId: string): string {
  let id = lockId.length > MAX_ID ? lockId.slice(0, MAX_ID) : lockId
  if (id.includes('@')) id = id.replace(EMAIL, ANY)
  const regions: string[] = []
  const name = id
    .replace(VARIABLE, ANY)
    .replace(BASE_64, (text) => (isBase64(text) ? ANY : text))
    .replace(RUN, templateOfRun)
    .replace(REGION, (region) => {
      regions.push(region)
      return '\u0000'
    })
    .replace(WORD, templateOfWord)
    .replace(/\*={1,2}(?![\p{L}\p{N}*])/gu, ANY)
    .replace(/\*(?:[-_.:*]?\*)+/g, ANY)
    .replaceAll('\u0000', () => regions.shift() ?? '')
  return name.length > MAX_NAME ? name.slice(0, MAX_NAME) : name
}

function templateOfWord(word: string): string {
  const digits = word.replace(/\P{Nd}/gu, '').length
  if (digits === 0) return looksRandom(word) ? ANY : word
  if (digits === word.length) return ANY
  if (KNOWN.test(word)) return word
  if (isId(word, digits)) return ANY
  // `worker12`, `shard0007`, `2nd`.
  return word.replace(/\p{Nd}+/gu, ANY)
}

/** Finds an id with `-` and `_` in it at the end of a run, by its length. */
function templateOfRun(run: string): string {
  for (const length of LENGTHS) {
    const start = run.length - length
    const id = run.slice(start)
    if (start < 0 || (start > 0 && !/[-_]/.test(run.charAt(start - 1)))) continue
    if (length === 20 && !id.startsWith('-')) continue
    // `order_` and an id behind it may happen to be as long.
    if (/^[a-z]{2,}[-_]/.test(id)) continue
    if (isBase64(id)) return run.slice(0, start) + ANY
  }
  return run
}

function isBase64(text: string): boolean {
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && looksRandom(text.replace(/[^A-Za-z0-9]/g, ''))
}

/** Whether a word with digits is an id as a whole: hex, base-36 or base-62 digits as no language has them. */
function isId(word: string, digits: number): boolean {
  if (/^0x[0-9a-f]+$/i.test(word)) return true
  // A digit at the end alone may number a word that happens to be hex: `facade2`.
  if (/^[0-9a-f]{6,}$/i.test(word) && (digits > 1 || /\d\D/.test(word))) return true
  if (looksRandom(word)) return true
  if (/^\p{L}{3,}\d+$/u.test(word)) return false
  // ULIDs (26), KSUIDs (27), Mongo ids, tokens.
  if (word.length >= 16 && digits > 1) return true
  if (word.length >= 8 && digits * 3 >= word.length) return true
  // Short ones: letters and digits take turns (`x7k2p`), or capitals stand anywhere (`Z5jdHi6B`).
  const groups = word.match(/\d+/g)?.length ?? 0
  if (groups < 2) return false
  return /(?:^|\d)\p{L}(?:\d|$)/u.test(word) || (/\p{Ll}/u.test(word) && /\p{Lu}/u.test(word))
}
