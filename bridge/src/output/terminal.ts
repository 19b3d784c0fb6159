import stringWidth from 'string-width'

/** What a stream that people read can show. */
export interface Terminal {
  readonly columns: number
  readonly colour: boolean
  /** Whether characters beyond ASCII can be drawn. */
  readonly unicode: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

const MIN_COLUMNS = 40
const MAX_COLUMNS = 240
const DEFAULT_COLUMNS = 80

/** Looks at the stream and at `NO_COLOR`, `FORCE_COLOR`, `TERM`, `COLUMNS` and the locale. */
export function detectTerminal(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  env: Environment,
): Terminal {
  const columns =
    (stream.isTTY === true ? stream.columns : undefined) || Number(env['COLUMNS']) || DEFAULT_COLUMNS
  return {
    columns: Math.min(Math.max(Math.floor(columns), MIN_COLUMNS), MAX_COLUMNS),
    colour: hasColour(stream.isTTY === true, env),
    unicode: hasUnicode(env),
  }
}

function hasColour(isTTY: boolean, env: Environment): boolean {
  const force = env['FORCE_COLOR']
  if (force !== undefined) return force !== '0' && force !== 'false'
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false
  return isTTY && env['TERM'] !== 'dumb'
}

function hasUnicode(env: Environment): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG']
  if (locale) return /utf-?8/i.test(locale)
  return env['WT_SESSION'] !== undefined
}

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
}

/** The text in a style, if the terminal has colour. */
export function paint(terminal: Terminal, style: Style, text: string): string {
  if (!terminal.colour || text === '') return text
  const [on, off] = CODES[style]
  return `\u001b[${on}m${text}\u001b[${off}m`
}

// Controls, lone surrogates, line and paragraph separators, and what turns the direction of text around.
const UNSAFE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu
const NON_ASCII = /[^\u0020-\u007e]/gu

/** A text from outside, made safe to show: what could move the cursor or change colours is shown as its code. */
export function sanitize(text: string, terminal?: Terminal): string {
  const safe = text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
  })
  return terminal?.unicode === false ? safe.replace(NON_ASCII, '?') : safe
}

const segmenter = new Intl.Segmenter()

/** The text, cut to at most `columns` columns; a cut is shown. */
export function fit(text: string, columns: number, terminal: Terminal): string {
  if (columns <= 0) return ''
  if (widthOf(text) <= columns) return text
  const mark = terminal.unicode ? '…' : '~'
  let fitted = ''
  let width = 0
  for (const { segment } of segmenter.segment(text)) {
    width += widthOf(segment)
    if (width > columns - 1) break
    fitted += segment
  }
  return fitted + mark
}

/** Like {@link fit} for a dotted name, of which the end tells more than the beginning: `…Begin.Success`. */
export function fitName(name: string, columns: number, terminal: Terminal): string {
  if (widthOf(name) <= columns) return name
  const mark = terminal.unicode ? '…' : '~'
  let tail = name
  while (tail !== '' && widthOf(tail) > columns - 1) tail = tail.slice(1)
  return columns <= 0 ? '' : mark + tail
}

/** Columns that a text without colours takes. */
export function widthOf(text: string): number {
  return stringWidth(text, { countAnsiEscapeCodes: true })
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)))
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - widthOf(text))) + text
}
