/** What commonly follows a letter in the words of ids, by letter: two in five of all pairs. */
const FOLLOWERS: Readonly<Record<string, string>> = {
  a: 'bcdfgiklmnprstuvwxy',
  b: 'aeilorsu',
  c: 'acehiklorstu',
  d: 'abdegilorsu',
  e: 'abcdefgiklmnoprstuvwxy',
  f: 'aefilortuy',
  g: 'aehilnorsu',
  h: 'aeiortuy',
  i: 'abcdefgklmnoprstvxz',
  j: 'aes',
  k: 'aeiosu',
  l: 'acdeilopstuy',
  m: 'abeilmopsu',
  n: 'acdefgiklnopstuvy',
  o: 'abcdfgiklmnoprstuvwx',
  p: 'aehiloprstuy',
  q: 'u',
  r: 'abcdefgiklmnoprstuvy',
  s: 'acdehiklmopstuy',
  t: 'acehilmoprstuwy',
  u: 'abcdegilmnprst',
  v: 'aeio',
  w: 'aeio',
  x: 'ipt',
  y: 'acelmnopst',
  z: 'aei',
}

/** The parts of a camel-case word, each with the number behind it. */
const HUMP = /[A-Z]?[a-z]+\d*|[A-Z]+(?![a-z])\d*|\d+/g

/** `json2csv`, `svg4everybody`. */
const CONVERSION = /^[a-z]{2,}[24][a-z]{2,}$/i

/**
 * Whether a word of Latin letters and digits is a row of random ones, and none that somebody would choose:
 * its capitals stand anywhere, or its letters follow each other as they do in no language. It takes eight
 * letters to tell, six of a commit's hash.
 */
export function looksRandom(word: string): boolean {
  // Hex digits that happen to be letters: `facade` is a word, `bfcefd` is none.
  if (/^[a-f]{6,}\d?$/i.test(word)) return rareShare(word.toLowerCase()) > 0
  if (word.length < 8 || !/^[A-Za-z0-9]+$/.test(word)) return false
  if (/[a-z]/.test(word) && /[A-Z]/.test(word)) {
    const humps = word.match(HUMP)?.length ?? 0
    if (humps * shortestHump(word) > word.length) return true
    // Words put together have rare pairs where they meet; so the fewer words, the fewer may be rare.
    const most = word.length >= 16 && humps * 3.5 > word.length ? 0.2 : 0.35
    return word.length >= 10 && humps > 1 && rareShare(word.toLowerCase()) > most
  }
  const inside = /[a-z]\d+[a-z]/i.test(word) && !CONVERSION.test(word)
  if (word.length < (inside ? 8 : 12)) return false
  return rareShare(word.toLowerCase()) > (inside || word.length >= 16 ? 0.25 : 0.3)
}

/** Parts of a word that somebody chose are longer than this on average. */
function shortestHump(word: string): number {
  if (word.length >= 16) return 3
  return /\d/.test(word) ? 2.6 : 2.2
}

/** The share of the pairs of letters that are rare; 0 to 1. */
function rareShare(word: string): number {
  let pairs = 0
  let rare = 0
  for (let index = 1; index < word.length; index++) {
    const followers = FOLLOWERS[word.charAt(index - 1)]
    const letter = word.charAt(index)
    if (followers === undefined || letter <= '9') continue
    pairs += 1
    if (!followers.includes(letter)) rare += 1
  }
  return pairs < 3 ? 0 : rare / pairs
}
