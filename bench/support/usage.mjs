// Preloaded into the programs that are measured: says at their end what they used.
import { writeFileSync } from 'node:fs'

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  writeFileSync(
    process.env.BENCH_USAGE,
    JSON.stringify({
      cpu: (userCPUTime + systemCPUTime) / 1000,
      rss: maxRSS * 1024,
      wall: performance.now(),
    }),
  )
})
