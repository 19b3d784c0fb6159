/** Does the work, and calls `end` when it is over, however it ends. */
export function settled(work: () => unknown, end: () => void): unknown {
  let result: unknown
  try {
    result = work()
  } catch (error) {
    end()
    throw error
  }
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== 'function') {
    end()
    return result
  }
  if (result instanceof Promise) {
    // The lock waits for it too, and after this.
    result.then(end, end)
    return result
  }
  // Others may begin their work when they are waited for: once only. And what their `then` returns is theirs.
  return Promise.resolve(result as PromiseLike<unknown>).then(
    (value) => {
      end()
      return value
    },
    (error: unknown) => {
      end()
      throw error
    },
  )
}
