import { describe, expect, it, vi } from 'vitest'
import { bridgeResource, hostAddress } from '../../src/telemetry/resource.js'

const address = (text: string, internal: boolean, family: 'IPv4' | 'IPv6' = 'IPv4') => ({
  address: text,
  netmask: '',
  mac: '',
  cidr: null,
  internal,
  ...(family === 'IPv4' ? { family } : { family, scopeid: 0 }),
})

describe('the address of the host', () => {
  it('is the first one that others can reach', () => {
    const interfaces = {
      lo: [address('127.0.0.1', true), address('::1', true, 'IPv6')],
      eth0: [address('fe80::1', false, 'IPv6'), address('10.1.2.3', false)],
      eth1: [address('10.1.2.4', false)],
    }
    expect(hostAddress(interfaces)).toBe('10.1.2.3')
  })

  it('is the loopback where there is no other', () => {
    expect(hostAddress({ lo: [address('127.0.0.1', true)] })).toBe('127.0.0.1')
    expect(hostAddress({})).toBe('127.0.0.1')
  })
})

describe('the resource', () => {
  it('knows its host, and has nothing left to wait for', async () => {
    const resource = await bridgeResource({})
    expect(resource.asyncAttributesPending).toBe(false)
    expect(resource.attributes['ip']).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
    expect(resource.attributes['host.name']).toEqual(expect.any(String))
    expect(resource.attributes['process.pid']).toBeUndefined()
  })

  it('says what the environment says', async () => {
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'ip=192.0.2.7,host.name=behind-the-moon')
    try {
      const { attributes } = await bridgeResource({})
      expect(attributes).toMatchObject({ ip: '192.0.2.7', 'host.name': 'behind-the-moon' })
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it('asks only the detectors that OTEL_NODE_RESOURCE_DETECTORS names', async () => {
    const none = await bridgeResource({ OTEL_NODE_RESOURCE_DETECTORS: 'none' })
    expect(none.attributes).not.toHaveProperty('ip')
    const some = await bridgeResource({ OTEL_NODE_RESOURCE_DETECTORS: 'os, process' })
    expect(some.attributes['process.pid']).toBe(process.pid)
    expect(some.attributes).not.toHaveProperty('host.name')
  })
})
