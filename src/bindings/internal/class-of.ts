/** Any class, as it is handled here. */
export type AnyClass = abstract new (...args: never[]) => object

/**
 * Lets a bound class pass for its original: by its name, and by `instanceof`, which holds for all instances of
 * the original, so that classes of a library stay each other's kin when each of them is bound.
 */
export function passFor<C extends AnyClass>(bound: C, original: AnyClass): C {
  Object.defineProperties(bound, {
    name: { value: original.name, configurable: true },
    [Symbol.hasInstance]: {
      configurable: true,
      value(this: unknown, value: unknown): boolean {
        if (this === bound) return value instanceof original
        // The program's own subclasses inherit this, and are asked for themselves.
        return Reflect.apply(Function.prototype[Symbol.hasInstance], this, [value])
      },
    },
  })
  return bound
}
