// What a sandbox is made with and moved by.
import type { SandboxName } from '../../servers/contract/names.ts'
import type { BuiltCommit } from '../../servers/contract/release.ts'
import type { SandboxMemory } from '../sandbox/sandbox-memory.ts'
import type { Cause } from './live-refs.ts'
import type { KeptProcess } from './processes.ts'

export interface MoveOptions {
  /** Also when it runs already. */
  readonly again?: boolean
  /** Also when it sleeps, or nobody has started it since the yard came up; otherwise that holds its port, and stays as it is. */
  readonly awake?: boolean
  /** Also when it is what has fallen: it gets another chance. */
  readonly trust?: boolean
  /** Why: told in the log of switches. Default: by itself. */
  readonly cause?: Cause
}

export interface SandboxOptions {
  readonly name: SandboxName
  readonly uid: number | null
  readonly memory: SandboxMemory
  /** What a daemon before us left running. */
  readonly adopted: readonly KeptProcess[]
  /** Told after a release fell, so that the yard looks again what should run. */
  onFall(): void
  /** Told after every switch. */
  onLive?(built: BuiltCommit, cause: Cause): void
}
