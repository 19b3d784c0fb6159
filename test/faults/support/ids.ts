/** An event id as the Go library makes them, the same for the same number. */
export function eventId(family: number, number: number): string {
  const high = family.toString(16).padStart(8, '0')
  const low = number.toString(16).padStart(12, '0')
  return `storage-lock-event-${high}0000400080${mix(number)}${low}`
}

/** The trace id that such a root id gives. */
export const traceIdOf = (rootId: string): string => rootId.slice(-32)

/** The span id that such an event id gives. */
export const spanIdOf = (id: string): string => id.slice(-16)

const mix = (number: number): string => ((number * 0x9d) & 0xff).toString(16).padStart(2, '0')

/** Nanoseconds since 1970 as Go prints them: trailing zeros trimmed. */
export function goTime(nanoseconds: bigint): string {
  const seconds = nanoseconds / 1_000_000_000n
  const fraction = (nanoseconds % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '')
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  return `${whole}${fraction === '' ? '' : `.${fraction}`}Z`
}
