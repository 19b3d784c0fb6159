import { networkInterfaces } from 'node:os'
import { resources } from '@opentelemetry/sdk-node'
import { type Environment, setting } from './exporters.js'

/**
 * Says what host the spans come from. All of it is at hand when this is done, so that nothing is exported without it.
 * What OTEL_RESOURCE_ATTRIBUTES says goes before what is found.
 */
export async function bridgeResource(env: Environment): Promise<resources.Resource> {
  const resource = resources
    .defaultResource()
    .merge(resources.detectResources({ detectors: resourceDetectors(env) }))
  await resource.waitForAsyncAttributes?.()
  return resource
}

/** The bridge's own process says nothing about the locks; its host may, when it runs beside the service. */
function resourceDetectors(env: Environment): resources.ResourceDetector[] {
  const names = setting(env, 'OTEL_NODE_RESOURCE_DETECTORS')?.split(',') ?? ['env', 'host']
  // Of two that say the same thing the later one is believed: the environment comes last.
  const known = new Map<string, readonly resources.ResourceDetector[]>([
    ['host', [resources.hostDetector, addressDetector]],
    ['os', [resources.osDetector]],
    ['process', [resources.processDetector]],
    ['serviceinstance', [resources.serviceInstanceIdDetector]],
    ['env', [resources.envDetector]],
  ])
  const asked = new Set(names.map((name) => name.trim()))
  return [...known].flatMap(([name, detectors]) => (asked.has('all') || asked.has(name) ? detectors : []))
}

/**
 * Jaeger's UI corrects the times of spans that outlive their parents, as a watch dog's do, unless it knows both to come
 * from one host, and up to 2.13 it knows a host by its `ip` alone.
 */
const addressDetector: resources.ResourceDetector = {
  detect: () => ({ attributes: { ip: hostAddress(networkInterfaces()) } }),
}

/** The host's first IPv4 address that others can reach, or 127.0.0.1. */
export function hostAddress(interfaces: ReturnType<typeof networkInterfaces>): string {
  const external = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .find((address) => address.family === 'IPv4' && !address.internal)
  return external?.address ?? '127.0.0.1'
}
