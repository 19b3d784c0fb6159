/** Seconds as people read them, in at most eight columns: `812 µs`, `1.24 s`, `3m 20s`, `25h 3m`. */
export function formatSeconds(seconds: number, unicode = true): string {
  if (!Number.isFinite(seconds)) return '-'
  if (seconds < 0) return `-${formatSeconds(-seconds, unicode)}`
  if (seconds === 0) return '0 s'
  if (seconds < 0.9995e-6) return `${digits(seconds * 1e9)} ns`
  if (seconds < 0.9995e-3) return `${digits(seconds * 1e6)} ${unicode ? 'µs' : 'us'}`
  if (seconds < 0.9995) return `${digits(seconds * 1e3)} ms`
  if (seconds < 99.95) return `${digits(seconds)} s`
  const whole = Math.round(seconds)
  if (whole < 6000) return `${Math.floor(whole / 60)}m ${whole % 60}s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)}h ${minutes % 60}m`
}

/** Three significant digits, without an exponent. */
function digits(value: number): string {
  if (value >= 99.95) return value.toFixed(0)
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2)
}

/** `12,345`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** `8.1 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes / 1000
  let unit = 0
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000
  return `${digits(value)} ${units[unit]!}`
}

/** `1 span`, `2 spans`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}
