import { trace } from '@opentelemetry/api'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { expect, it } from 'vitest'
import { createTelemetry } from '../../test/support/telemetry.js'

const versionOf = async (name: string): Promise<string> => {
  const file = await import(`./node_modules/@opentelemetry/${name}/package.json`, { with: { type: 'json' } })
  return (file as { default: { version: string } }).default.version
}

it('runs on Node 24, on the 3.x line', async () => {
  expect(process.version).toMatch(/^v24\./)
  expect(await versionOf('api')).toMatch(/^1\.10\./)
  expect(await versionOf('sdk-trace')).toMatch(/^3\./)
  expect(await versionOf('sdk-metrics')).toMatch(/^3\./)
  expect(await versionOf('sdk-node')).toBe('0.301.0')
})

it('uses that line wherever the tests make providers', async () => {
  const telemetry = createTelemetry()
  expect(telemetry.tracerProvider).toBeInstanceOf(BasicTracerProvider)
  expect(telemetry.meterProvider).toBeInstanceOf(MeterProvider)
  // The 2.x line calls this class by the old name, and has a method to register it.
  expect(BasicTracerProvider.name).toBe('TracerProvider')
  expect(telemetry.tracerProvider).not.toHaveProperty('register')
  await telemetry.close()
})

it('shares the API with the SDK', async () => {
  const provider = new BasicTracerProvider()
  expect(trace.setGlobalTracerProvider(provider)).toBe(true)
  trace.disable()
  await provider.shutdown()
})
