import type { Attributes } from '@opentelemetry/api'
import { ATTR_ERROR_TYPE } from './semconv.js'

/** `error.type` is of low cardinality by construction, yet an error may carry any code: more sets are not kept. */
const KEPT_AT_MOST = 64

interface AttributeSet {
  readonly first: string | boolean
  readonly second: string | boolean | undefined
  readonly errorType: string | undefined
  readonly attributes: Attributes
}

/**
 * The attribute objects of one instrument and series: made once, frozen, and the same ever after. The SDK keeps them
 * by reference. They are few, so that looking through them costs less than making a key of the values.
 */
export class AttributeSets {
  readonly #base: Attributes
  readonly #first: string
  readonly #second: string | undefined
  readonly #sets: AttributeSet[] = []

  /**
   * @param base what all of them have
   * @param first name of the attribute that all of them have besides
   * @param second name of one that some of them have
   */
  constructor(base: Attributes, first: string, second?: string) {
    this.#base = base
    this.#first = first
    this.#second = second
  }

  /** The set with these values. */
  of(
    first: string | boolean,
    second: string | boolean | undefined,
    errorType: string | undefined,
  ): Attributes {
    const sets = this.#sets
    for (let i = 0; i < sets.length; i++) {
      const set = sets[i] as AttributeSet
      if (set.first === first && set.second === second && set.errorType === errorType) return set.attributes
    }
    return this.#make(first, second, errorType)
  }

  #make(
    first: string | boolean,
    second: string | boolean | undefined,
    errorType: string | undefined,
  ): Attributes {
    const made: Attributes = { ...this.#base, [this.#first]: first }
    if (this.#second !== undefined && second !== undefined) made[this.#second] = second
    if (errorType !== undefined) made[ATTR_ERROR_TYPE] = errorType
    const attributes = Object.freeze(made)
    if (this.#sets.length < KEPT_AT_MOST) this.#sets.push({ first, second, errorType, attributes })
    return attributes
  }
}
