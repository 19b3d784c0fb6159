import { shortId } from './format.js'
import type { AnyItem, Lock, Owner } from './model.js'

/** Why a place is worth looking at. */
export type StandoutKind =
  | 'lost-lease'
  | 'outlived-lease'
  | 'two-holders'
  | 'refused-unlock'
  | 'failed-acquires'
  | 'longest-wait'
  | 'longest-hold'
  | 'starved'
  | 'herd'
  | 'unfinished'

/** Something in the stream that stands out, and where it is. */
export interface Standout {
  readonly kind: StandoutKind
  /** `bad`: a lock may not have been exclusive. `warn`: somebody was let down. `note`: worth a look. */
  readonly severity: 'bad' | 'warn' | 'note'
  readonly title: string
  readonly detail: string
  readonly lock: Lock
  readonly owner: Owner | undefined
  readonly item: AnyItem | undefined
  readonly from: number
  readonly to: number
  /** How many more of its kind there are. */
  more: number
}

/** Takes something that may stand out; of each kind the one of most weight does. */
export type Offer = (weight: number, standout: Omit<Standout, 'more'>) => void
export type Place = Pick<Standout, 'lock' | 'owner' | 'item' | 'from' | 'to'>

export function name(owner: Owner | undefined): string {
  return owner === undefined || owner.id === '' ? 'an unnamed owner' : shortId(owner.name)
}

export function lockName(lock: Lock): string {
  return shortId(lock.name, 64)
}
