import nodeFs from 'node:fs'
import type { HrTime } from '@opentelemetry/api'
import { now } from '../../events/index.js'
import { quietly } from '../internal/quietly.js'

/** The methods by which proper-lockfile works. */
export type FileOperation = 'mkdir' | 'realpath' | 'stat' | 'rmdir' | 'utimes'

/** What is told of each of them. */
export interface FileObserver {
  /** It is asked for. */
  begun(operation: FileOperation, start: HrTime): void
  /** It was answered; the library has not been told yet. */
  answered(operation: FileOperation, start: HrTime, error: unknown, result: unknown): void
  /** The library has been told, and has done at once what follows from it. */
  told(operation: FileOperation): void
}

type Method = (...args: unknown[]) => unknown

const OPERATIONS = new Set<string>(['mkdir', 'realpath', 'stat', 'rmdir', 'utimes'])

/**
 * What stands in for graceful-fs, the library's default: of these methods it changes none but `stat`, for
 * versions of Node long gone. A copy, because the library puts a mark on it.
 */
const defaultFs: object = { ...nodeFs }

/**
 * Stands in for the file system of one call.
 *
 * @param options of the call; an own `fs` is used as it is.
 * @returns `undefined` when the call has a file system that is none
 */
export function observeFs(options: object, observer: FileObserver): object | undefined {
  const own = Object.hasOwn(options, 'fs') ? (options as { fs?: unknown }).fs : defaultFs
  if (typeof own !== 'object' || own === null) return undefined
  return new Proxy(own, {
    get(target, key, receiver) {
      const value: unknown = Reflect.get(target, key, receiver)
      if (typeof key !== 'string' || typeof value !== 'function') return value
      const sync = key.endsWith('Sync')
      const name = sync ? key.slice(0, -4) : key
      if (!OPERATIONS.has(name) || isFixed(target, key)) return value
      const operation = name as FileOperation
      return sync
        ? observeSync(target, value as Method, operation, observer)
        : observe(target, value as Method, operation, observer)
    },
  })
}

/** A proxy must hand out such a property as it is: of a frozen file system nothing is seen. */
function isFixed(target: object, key: string): boolean {
  const property = Object.getOwnPropertyDescriptor(target, key)
  return property?.configurable === false && property.writable === false
}

function observe(target: object, method: Method, operation: FileOperation, observer: FileObserver): Method {
  return (...args) => {
    const callback = args.at(-1)
    if (typeof callback !== 'function') return Reflect.apply(method, target, args)
    const start = now()
    quietly(() => observer.begun(operation, start))
    args[args.length - 1] = (...answer: unknown[]) => {
      quietly(() => observer.answered(operation, start, answer[0], answer[1]))
      try {
        return Reflect.apply(callback, undefined, answer) as unknown
      } finally {
        quietly(() => observer.told(operation))
      }
    }
    return Reflect.apply(method, target, args)
  }
}

function observeSync(
  target: object,
  method: Method,
  operation: FileOperation,
  observer: FileObserver,
): Method {
  return (...args) => {
    const start = now()
    quietly(() => observer.begun(operation, start))
    // The library is told by what is returned here.
    queueMicrotask(() => quietly(() => observer.told(operation)))
    let result: unknown
    try {
      result = Reflect.apply(method, target, args)
    } catch (error) {
      quietly(() => observer.answered(operation, start, error, undefined))
      throw error
    }
    quietly(() => observer.answered(operation, start, undefined, result))
    return result
  }
}
