/** Checks an address for opening traces. @returns why it will not do; undefined when it does */
export function traceUrlProblem(address: string): string | undefined {
  if (!/^https?:\/\/./i.test(address)) return 'give an http or https address'
  return address.includes('{traceId}') ? undefined : 'put {traceId} where the id of the trace belongs'
}
