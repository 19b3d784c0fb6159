import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ContentionRecorder, type ContentionRecorderOptions, eventFromJson } from 'storage-lock-otel'
import { createTelemetry, type Metrics } from '../../../test/support/telemetry.js'
import { createReport, type PageOptions } from '../../src/report/html.js'

/** Reports of streams in a folder that `remove` takes away. */
export class Reports {
  readonly #folder = mkdtempSync(join(tmpdir(), 'contention-'))
  #count = 0

  /** Writes the report of lines; answers its address, and what the metrics of the same lines say. */
  async of(
    lines: readonly string[],
    options: PageOptions & { recorder?: ContentionRecorderOptions } = {},
  ): Promise<{ address: string; metrics: Metrics; recorder: ContentionRecorder; html: string }> {
    const recorder = new ContentionRecorder(options.recorder)
    const telemetry = createTelemetry({ observer: recorder })
    await telemetry.tell(lines.map((line) => eventFromJson(line)))
    // What never ended is told of when no more can come.
    await telemetry.listener.shutdown()
    const metrics = await telemetry.metrics()
    await telemetry.close()
    const html = createReport(recorder.all(), options)
    return { address: this.write(html), metrics, recorder, html }
  }

  write(html: string): string {
    const file = join(this.#folder, `report-${++this.#count}.html`)
    writeFileSync(file, html)
    return pathToFileURL(file).href
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
