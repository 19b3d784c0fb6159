import { passFor } from '../internal/class-of.js'
import { rememberListeners } from '../internal/listeners.js'
import type { Recorder } from '../internal/recorder.js'
import { instead, type Method, type Methods, NAMES, type Options } from './redlock-4-calls.js'
import type { Redlock4 } from './redlock-4-view.js'

type Redlock4Class = new (...args: unknown[]) => object

/** A subclass of redlock 4 that publishes what it does. */
export function subclass4(
  Base: Redlock4Class,
  recorder: Recorder<readonly string[]>,
  options: Options,
): Redlock4Class {
  class Instrumented extends Base {
    constructor(...args: unknown[]) {
      super(...args)
      rememberListeners(this, recorder.listeners)
    }
  }
  const found = methodsOf(Base.prototype)
  const made = new Map<Method, Method>()
  const methodsByInstance = new WeakMap<Redlock4, Methods>()
  const seenMethods = (redlock: Redlock4): Methods => {
    const known = methodsByInstance.get(redlock)
    if (known !== undefined) return known
    const methods = instead(redlock, redlock, found, recorder, options)
    methodsByInstance.set(redlock, methods)
    return methods
  }
  for (const name of NAMES) {
    const original = found[name]
    // The library has two names for a method; so has the subclass.
    const method =
      made.get(original) ??
      function (this: Redlock4, ...args: unknown[]): unknown {
        return recorder.enabled ? seenMethods(this)[name](...args) : Reflect.apply(original, this, args)
      }
    made.set(original, method)
    Object.defineProperty(Instrumented.prototype, name, {
      value: method,
      configurable: true,
      writable: true,
    })
  }
  // Of its time are subclasses that call their class as a function.
  const callable = new Proxy(Instrumented, {
    apply: (_target, instance: object, args) =>
      Reflect.apply(Base, rememberListeners(instance, recorder.listeners), args),
  })
  Instrumented.prototype.constructor = callable
  return passFor(callable, Base)
}

/** Wraps an instance of redlock 4. */
export function wrap<T extends object>(
  redlock: T,
  recorder: Recorder<readonly string[]>,
  options: Options,
): T {
  const target = redlock as unknown as Redlock4
  const found = methodsOf(redlock)
  const proxy: T = new Proxy(redlock, {
    get(object, key, receiver) {
      const value: unknown = Reflect.get(object, key, receiver)
      // What the program has put in a method's place since, a spy, calls the one that was here.
      if (!recorder.enabled || !Object.hasOwn(found, key)) return value
      return value === found[key as keyof Methods] ? methods[key as keyof Methods] : value
    },
  })
  const methods = instead(proxy as unknown as Redlock4, target, found, recorder, options)
  return rememberListeners(proxy, recorder.listeners)
}

function methodsOf(redlock: object): Methods {
  const methods = NAMES.map((name) => [name, Reflect.get(redlock, name) as Method])
  return Object.fromEntries(methods) as Methods
}
