import { passFor } from '../internal/class-of.js'
import { type Lock, methodOf } from './bind.js'

type LockClass = new (...args: unknown[]) => Lock
type Method = (...args: unknown[]) => unknown

const METHODS = ['acquire', 'runExclusive', 'release'] as const

/** How an instance is bound: see `bind`. */
export type BindInstance = (target: Lock, found: Lock, selfOf: (proxy: Lock) => Lock) => Lock

/**
 * A class whose instances are bound, and which may be subclassed: what the program overrides is called, by the
 * program and by the library, and its calls of `super` come to what is bound.
 */
export function boundClass(Class: LockClass, bindInstance: BindInstance): LockClass {
  /** The instances of subclasses as the library is to see them, by their stand-ins. */
  const seenByLibrary = new WeakMap<object, Lock>()
  /** Calls of the library's that come to an overriding method: what that calls is none of the program's. */
  let inside = 0

  class Bound extends Class {
    constructor(...args: unknown[]) {
      super(...args)
      // biome-ignore lint/correctness/noConstructorReturn: the stand-in is what the program gets
      return boundInstance(this)
    }
  }
  for (const name of METHODS) {
    const original = Reflect.get(Class.prototype, name) as Method
    Object.defineProperty(Bound.prototype, name, {
      configurable: true,
      writable: true,
      value(this: Lock, ...args: unknown[]): unknown {
        const instead = inside > 0 ? undefined : (methodOf(this, name) as Method | undefined)
        if (instead !== undefined) return instead(...args)
        return Reflect.apply(original, seenByLibrary.get(this) ?? this, args)
      },
    })
  }
  // Subclasses compiled to functions call their class as one.
  const callable = new Proxy(Bound as LockClass, {
    apply: (_target, instance: Lock, args) =>
      boundInstance((Reflect.apply(Class, instance, args) as Lock | undefined) ?? instance),
  })
  Bound.prototype.constructor = callable
  return passFor(callable, Class)

  function boundInstance(instance: Lock): Lock {
    const found = Bound.prototype
    if (Object.getPrototypeOf(instance) === found) return bindInstance(instance, found, () => instance)
    return bindInstance(instance, found, (proxy) => {
      const seen = forLibrary(instance, found, proxy)
      seenByLibrary.set(proxy, seen)
      return seen
    })
  }

  /**
   * The library's methods find the overriding ones here. These are called on the stand-in: it is what the
   * subclass's constructor has put private fields on.
   */
  function forLibrary(instance: Lock, found: Lock, proxy: Lock): Lock {
    return new Proxy(instance, {
      get(target, key, receiver) {
        const value: unknown = Reflect.get(target, key, receiver)
        if (typeof value !== 'function' || value === Reflect.get(found, key)) return value
        return (...args: unknown[]): unknown => {
          inside += 1
          try {
            return Reflect.apply(value, proxy, args)
          } finally {
            inside -= 1
          }
        }
      },
    })
  }
}
