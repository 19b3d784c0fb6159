import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { outsideOfNpm, ROOT } from './pack.js'

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A user's project: a folder with a package.json and whatever a test puts into it. */
export class Project {
  readonly folder: string

  constructor(folder: string, manifest: object = {}) {
    this.folder = folder
    this.write('package.json', JSON.stringify({ name: 'app', private: true, ...manifest }))
  }

  write(path: string, text: string): string {
    const file = join(this.folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  }

  /** Runs a program, by default this Node. */
  run(args: readonly string[], options: { program?: string; input?: string } = {}): Ran {
    const { status, stdout, stderr } = spawnSync(options.program ?? process.execPath, args, {
      cwd: this.folder,
      encoding: 'utf8',
      env: outsideOfNpm(),
      input: options.input ?? '',
    })
    return { status, stdout, stderr }
  }

  /** Checks files with the compiler, as strictly as a user may; answers its complaints. */
  complaints(compilerOptions: Readonly<Record<string, unknown>>, files: readonly string[]): string {
    const config = this.write(
      `tsconfig.${files.join('-')}.json`,
      JSON.stringify({
        compilerOptions: {
          target: 'es2022',
          // The API's declarations name the console.
          lib: ['es2023', 'dom'],
          types: [],
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
          // The packages' own declarations are checked too.
          skipLibCheck: false,
          ...compilerOptions,
        },
        files,
      }),
    )
    return this.run([join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', config]).stdout
  }
}
