import { quietly } from '../internal/quietly.js'

/**
 * Makes a call, and tells how it ended: at once, or when its promise is settled. What it returns, throws or
 * rejects with is handed on.
 *
 * @param fulfilled returns what takes the place of the result
 */
export function settle(
  call: () => unknown,
  fulfilled: (result: unknown) => unknown,
  failed: (error: unknown) => void,
): unknown {
  let result: unknown
  try {
    result = call()
  } catch (error) {
    quietly(() => failed(error))
    throw error
  }
  if (!isThenable(result)) return outcome(result)
  return result.then(outcome, (error: unknown) => {
    quietly(() => failed(error))
    throw error
  })

  function outcome(value: unknown): unknown {
    const instead = quietly(() => ({ value: fulfilled(value) }))
    return instead === undefined ? value : instead.value
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
}
