import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from './cache.js'

const WHY =
  'The end-to-end tests build Jaeger and the Go service from source: install Go 1.24.6 or newer ' +
  'and put it on PATH. (npm test does not need it.)'

/** A Go module of this repository, the package to build, and the name of the binary. */
export interface GoProgram {
  /** Folder of the go.mod, from the repository's root. */
  readonly module: string
  /** Package as `go build` takes it: an import path or `.`. */
  readonly package: string
  readonly name: string
}

/** What `go env GOVERSION` says. Throws an Error that tells what to install where there is no Go. */
export function goVersion(): string {
  try {
    return execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).trim()
  } catch (error) {
    throw new Error(`There is no Go here: ${error instanceof Error ? error.message : String(error)}\n${WHY}`)
  }
}

/** Builds the program unless this very build is cached, and gives the binary's path. */
export function buildGo(program: GoProgram): string {
  const folder = fileURLToPath(new URL(`../../${program.module}/`, import.meta.url))
  const key = createHash('sha256').update(goVersion()).update(program.package).update(process.arch)
  for (const file of readdirSync(folder).sort()) {
    if (/\.(go|mod|sum)$/.test(file)) key.update(file).update(readFileSync(join(folder, file)))
  }
  const binary = join(cacheFolder('bin'), `${program.name}-${key.digest('hex').slice(0, 16)}`)
  if (existsSync(binary)) return binary

  const began = Date.now()
  console.error(`Building ${program.name} from ${program.package} …`)
  // Built beside its place and moved there, so that a build cut short leaves no broken binary behind.
  const building = `${binary}.${process.pid}`
  try {
    execFileSync('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', building, program.package], {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, GOFLAGS: goFlags() },
    })
    renameSync(building, binary)
  } finally {
    rmSync(building, { force: true })
  }
  console.error(`Built ${program.name} in ${Math.round((Date.now() - began) / 1000)} s`)
  return binary
}

/** The user's GOFLAGS, with go.mod and go.sum held as they are. */
function goFlags(): string {
  return [process.env['GOFLAGS'], '-mod=readonly', '-buildvcs=false'].filter(Boolean).join(' ')
}

export const JAEGER: GoProgram = {
  module: 'e2e/tools',
  package: 'github.com/jaegertracing/jaeger/cmd/jaeger',
  name: 'jaeger',
}
export const GO_SERVICE: GoProgram = { module: 'examples/go', package: '.', name: 'go-service' }
export const GO_CODEC: GoProgram = { module: 'e2e/gocodec', package: '.', name: 'go-codec' }
export const TEMPO: GoProgram = {
  module: 'e2e/tempo',
  package: 'github.com/grafana/tempo/cmd/tempo',
  name: 'tempo',
}
