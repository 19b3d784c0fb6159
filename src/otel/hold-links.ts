import { isSpanContextValid, type Link, type SpanContext } from '@opentelemetry/api'
import type { Hold } from '../operations/hold.js'
import type { HoldRegister } from '../operations/hold-register.js'
import type { Operation } from '../operations/operation.js'
import { linkTo } from './links.js'

/**
 * Links an operation to the holds it has to do with.
 *
 * @param links where the links are added
 * @returns the hold that a release lets go of
 */
export function linkHolds(holds: HoldRegister, operation: Operation, links: Link[]): Hold | undefined {
  if (operation.kind === 'release') {
    const hold = holds.releasedBy(operation)
    const context = hold === undefined ? undefined : contextOf(hold)
    if (context !== undefined) links.push(linkTo(context, 'holds'))
    return hold
  }
  if (operation.kind !== 'acquire') return undefined
  for (const holder of operation.holders) {
    const hold = holds.find(operation.lockId, holder)
    const context = hold === undefined ? undefined : contextOf(hold)
    if (context !== undefined && !links.some((link) => link.context === context)) {
      links.push(linkTo(context, 'waited-for'))
    }
  }
  if (operation.takeover) {
    const old = holds.takenOver(operation)
    const context = old === undefined ? undefined : contextOf(old)
    if (context !== undefined) links.push(linkTo(context, 'took-over'))
  }
  return undefined
}

function contextOf(hold: Hold): SpanContext | undefined {
  const context = hold.link as SpanContext | undefined
  return context !== undefined && isSpanContextValid(context) ? context : undefined
}
