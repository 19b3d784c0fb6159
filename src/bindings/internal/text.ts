/** What a function of the user's says, as text; the fallback where it throws or says none. */
export function textOf(say: () => unknown, fallback: () => string): string {
  try {
    const said = say()
    if (typeof said === 'number') return String(said)
    return typeof said === 'string' ? said : fallback()
  } catch {
    return fallback()
  }
}
