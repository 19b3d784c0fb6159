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
  // A promise of another kind stays one of its kind; what only has a `then` is made a promise.
  const promise = result instanceof Promise || 'catch' in result ? result : Promise.resolve(result)
  return promise.then(outcome, (error: unknown) => {
    quietly(() => failed(error))
    throw error
  })

  function outcome(value: unknown): unknown {
    const instead = quietly(() => ({ value: fulfilled(value) }))
    return instead === undefined ? value : instead.value
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> & object {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    typeof (value as { then?: unknown }).then === 'function'
  )
}
