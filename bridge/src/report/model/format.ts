/** Durations, times, counts and shares as people read them. */

const UNITS: readonly (readonly [number, string])[] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
]

/** Nanoseconds, in three significant digits: `812 ns`, `12.3 µs`, `4.56 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(nanoseconds: number): string {
  const seconds = Math.round(nanoseconds / 1e9)
  if (seconds >= 3570) {
    const minutes = Math.round(seconds / 60)
    return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
  }
  if (seconds >= 60) return joined(Math.floor(seconds / 60), 'min', seconds % 60, 's')
  for (const [size, unit] of UNITS) {
    // 999.6 µs is 1 ms.
    if (nanoseconds >= size * 0.9995) return `${significant(nanoseconds / size)} ${unit}`
  }
  return `${Math.round(nanoseconds)} ns`
}

function joined(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`
}

function significant(value: number): string {
  if (value >= 100) return value.toFixed(0)
  const text = value >= 10 ? value.toFixed(1) : value.toFixed(2)
  return text.replace(/\.?0+$/, '')
}

/** 0.034 → `3.4 %`. */
export function share(value: number): string {
  const percent = value * 100
  if (percent === 0) return '0 %'
  if (percent < 0.1) return '< 0.1 %'
  return `${percent >= 10 || Number.isInteger(percent) ? Math.round(percent) : percent.toFixed(1)} %`
}

/** 12345 → `12,345`. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** `1 acquire`, `2 acquires`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** A number with one decimal where it needs one. */
export function decimal(value: number): string {
  return value >= 10 || Number.isInteger(value) ? count(Math.round(value)) : value.toFixed(1)
}

/**
 * An id as text that can be seen. What has no width, ends lines or turns the text around it is written as
 * JSON would write it, spaces that would be lost as `␣`; so two ids that differ look different.
 */
export function visible(id: string): string {
  return id.replace(UNSEEN, written).replace(/^ +| +$|(?<= ) +/g, (spaces) => '␣'.repeat(spaces.length))
}

/** Controls, spaces other than the common one, what joins or turns text, halves of characters. */
const UNSEEN =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00a0\u00ad\u061c\u1680\u2000-\u200b\u200e\u200f\u202a-\u202f\u205f-\u206f\u3000\ufeff]/gu

function written(character: string): string {
  return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** A long id by its beginning and its end: generated ids differ at their ends. */
export function shortId(id: string, most = 28): string {
  if (id.length <= most) return id
  const end = Math.floor((most - 1) * 0.55)
  const [head] = cutAt(id, most - 1 - end)
  const [, tail] = cutAt(id, id.length - end)
  return `${head}…${tail}`
}

/** Cuts text in two where no character is halved. */
export function cutAt(text: string, index: number): readonly [string, string] {
  const halves = /[\udc00-\udfff]/.test(text.charAt(index)) ? index - 1 : index
  return [text.slice(0, halves), text.slice(halves)]
}

/** The end of a long id alone, for the heads of narrow columns. */
export function tailId(id: string): string {
  return id.length > 12 ? `…${id.slice(-10)}` : id
}

/** The time of day in UTC, with as many digits of the second as `digits` says. */
export function clockTime(base: readonly [number, number], nanoseconds: number, digits = 3): string {
  const { date, fraction } = partsOf(base, nanoseconds)
  const time = date.toISOString().slice(11, 19)
  return digits === 0 ? time : `${time}.${fraction.slice(0, digits)}`
}

/** The day in UTC: `2026-11-22`. */
export function day(base: readonly [number, number], nanoseconds: number): string {
  return partsOf(base, nanoseconds).date.toISOString().slice(0, 10)
}

/** The time of day; with the day before it, where that is not the one that the times are relative to. */
export function moment(base: readonly [number, number], nanoseconds: number, digits = 3): string {
  const time = clockTime(base, nanoseconds, digits)
  const date = day(base, nanoseconds)
  return date === day(base, 0) ? time : `${date} ${time}`
}

function partsOf(base: readonly [number, number], nanoseconds: number): { date: Date; fraction: string } {
  const whole = Math.floor(nanoseconds)
  let seconds = base[0] + Math.floor(whole / 1e9)
  let rest = base[1] + (((whole % 1e9) + 1e9) % 1e9)
  if (rest >= 1e9) {
    rest -= 1e9
    seconds += 1
  }
  return { date: new Date(seconds * 1000), fraction: String(rest).padStart(9, '0') }
}
