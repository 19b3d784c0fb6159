/** Longer strings are not likely to come again. */
const LONGEST = 128
const SLOTS = 4096

const pool: string[] = new Array<string>(SLOTS).fill('')

/**
 * The same string as one read before, where there is one. Owner, lock, storage, actions and the ids of parents come
 * in line after line: kept once, they take a fraction of the memory, and a map that was asked for one before need
 * not work out its hash again.
 */
export function pooled(text: string): string {
  const last = text.length - 1
  if (last < 2 || last >= LONGEST) return text
  // The last digits of an id differ most. Each place holds the string that came last: nothing is searched, nothing grows.
  const place =
    (text.charCodeAt(last) * 31 * 31 + text.charCodeAt(last - 1) * 31 + text.charCodeAt(last - 2) + last) &
    (SLOTS - 1)
  const known = pool[place] as string
  if (known === text) return known
  pool[place] = text
  return text
}
