import type { BindingOptions } from '../internal/options.js'

/** Options of the proper-lockfile binding. The owner is asked of with the file. */
export interface ProperLockfileOptions extends BindingOptions<string> {
  /**
   * Who holds the lock: a fixed name, or a function called for each acquire with the file.
   * @default host, process id and a counter, one for each binding
   */
  readonly ownerId?: string | ((file: string) => string)
  /**
   * Names the lock of a file.
   * @default the file's absolute path
   */
  readonly lockId?: (file: string) => string
}
