/** The entry points besides the main one, each with a name that it exports. */
export const BINDINGS = [
  { entry: 'async-mutex', name: 'instrumentAsyncMutex' },
  { entry: 'instrument', name: 'instrument' },
  { entry: 'proper-lockfile', name: 'instrumentProperLockfile' },
  { entry: 'redis-semaphore', name: 'instrumentRedisSemaphore' },
  { entry: 'redlock', name: 'instrumentRedlock' },
] as const

/** Statements that publish a lock which is acquired, from a namespace of the library to a listener. */
export const CONTENDED_LOCK = (library: string, listener: string): string => `
const { ActionName, Event, EventType } = ${library}
const lock = new Event('order-42').setType(EventType.Lock).setOwnerId('worker-1').addListeners(${listener})
lock.addActionByName(ActionName.LockBegin).publish()
lock.fork().addActionByName(ActionName.LockSuccess).publish()
lock.fork().addActionByName(ActionName.LockFinish).publish()
`

/** The rest of a program that has imported all of the library. */
export const USE_OF_EACH = `
const seen = []
const listener = new library.OtelListener({ observer: { operation: (each) => seen.push(each.kind) } })
{ ${CONTENDED_LOCK('library', 'listener')} }
listener.forceFlush().then(() => {
  if (seen.join() !== 'acquire') throw new Error(seen.join())
  if (typeof instrument === 'function') {
    const own = instrument({ acquire: () => true, release: () => true }, { listeners: [listener] })
    own.acquire()
    own.release()
    for (const each of [instrumentAsyncMutex, instrumentProperLockfile, instrumentRedisSemaphore, instrumentRedlock])
      if (typeof each !== 'function') throw new Error('a binding is missing')
  }
  console.log('works')
})
`

/** A program in TypeScript that uses the types of all entry points. */
export const USE_OF_TYPES = `
import { context } from '@opentelemetry/api'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import {
  type AcquireOperation, DEFAULT_LISTENER_LIMITS, Event, EventIdGenerator, EventType, type ListenerLimits,
  ListenerWrapper, LockInformation, OtelListener, type OtelListenerOptions, eventFromJson,
} from 'storage-lock-otel'

const tracerProvider = new BasicTracerProvider({ idGenerator: new EventIdGenerator() })
const acquired: AcquireOperation[] = []
const options: OtelListenerOptions = {
  tracerProvider,
  detail: 'compact',
  limits: { openTrees: 100 } satisfies Partial<ListenerLimits>,
  observer: { operation: (operation) => { if (operation.kind === 'acquire') acquired.push(operation) } },
}
const listener = new OtelListener(options)
const wrapper = new ListenerWrapper('counting', (_ctx, event) => { const id: string = event.id; void id })
const event: Event = new Event('order-42').setType(EventType.Lock).addListeners(listener, wrapper)
event.setLockInformation(new LockInformation('order-42', 'worker-1', 1n)).publish(context.active())
const again: Event = eventFromJson(event.toJson())
const holds: number = DEFAULT_LISTENER_LIMITS.holds
const plain = instrument({ acquire: (key: string) => key.length, release: (key: string) => key }, { listeners: [listener] })
const length: number = plain.acquire('order-42')
class Mutex { acquire() { return Promise.resolve(() => {}) } release() {} isLocked() { return false } runExclusive<T>(run: () => T) { return run() } }
const mutex: Mutex = instrumentAsyncMutex(new Mutex(), { listeners: [listener], lockId: 'order-42' })
void [again, holds, length, mutex, instrumentProperLockfile, instrumentRedisSemaphore, instrumentRedlock]
`
