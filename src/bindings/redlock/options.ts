import type { BindingOptions } from '../internal/options.js'

/** Options of the redlock bindings. The owner is asked of with the resources. */
export interface RedlockOptions extends BindingOptions<readonly string[]> {
  /**
   * Names the lock of these resources.
   * @default the resources, joined by commas
   */
  readonly lockId?: (resources: readonly string[]) => string
}
