// Two versions of redlock whose types a program under `nodenext` does not find by their names.
import { createRequire } from 'node:module'
import type * as Redlock5Module from '../../../node_modules/redlock/dist/index.js'

const require = createRequire(import.meta.url)

const redlock5 = require('redlock') as typeof Redlock5Module

/** redlock 5.0.0-beta.2 */
export const Redlock5 = redlock5.default
export type Redlock5 = Redlock5Module.default
export const { ExecutionError, ResourceLockedError } = redlock5

type Callback<T> = (error: Error | null, value: T) => void

/** A promise of bluebird. */
export interface Bluebird<T> extends Promise<T> {
  nodeify(callback?: Callback<T>): Bluebird<T>
  disposer(dispose: (value: T) => unknown): object
}

export interface Lock4 {
  redlock: Redlock4
  resource: string | string[]
  value: string
  expiration: number
  attempts: number
  unlock(callback?: Callback<void>): Bluebird<void>
  extend(ttl: number, callback?: Callback<Lock4>): Bluebird<Lock4>
}

export interface Redlock4 {
  servers: object[]
  retryCount: number
  lock(resource: string | string[], ttl: number, callback?: Callback<Lock4>): Bluebird<Lock4>
  acquire(resource: string | string[], ttl: number, callback?: Callback<Lock4>): Bluebird<Lock4>
  lockWithOptions(
    resource: string | string[],
    ttl: number,
    options: object,
    callback?: Callback<Lock4>,
  ): Bluebird<Lock4>
  disposer(resource: string | string[], ttl: number, onError?: (error: Error) => void): object
  unlock(lock: Lock4, callback?: Callback<void>): Bluebird<void>
  release(lock: Lock4, callback?: Callback<void>): Bluebird<void>
  extend(lock: Lock4, ttl: number, callback?: Callback<Lock4>): Bluebird<Lock4>
  quit(callback?: Callback<void>): Bluebird<void>
  on(event: string, listener: (error: Error) => void): this
  removeListener(event: string, listener: (error: Error) => void): this
}

/** redlock 4.2.0 */
export const Redlock4 = require('redlock4') as {
  new (clients: object[], options?: object): Redlock4
  LockError: new (message?: string, attempts?: number) => Error
  Lock: new () => Lock4
}

/** bluebird, whose promises redlock 4 returns. */
export const bluebird = createRequire(require.resolve('redlock4'))('bluebird') as {
  new (executor: () => void): Bluebird<unknown>
  using<T>(disposer: object, work: (lock: Lock4) => T | Promise<T>): Promise<T>
}
