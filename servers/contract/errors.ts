// One class of error for the whole house; its codes are the interface, so they live in one table.
import type { Diagnostic } from './diagnostic.ts'

/** Who has to act: the developer's script, the operator of the yard, or we. */
export type Blame = 'script' | 'operator' | 'edgeyard'

/** Every code with who is to act on it. A code once published is never reused for something else. */
export const ERROR_CODES = {
  CONF_INVALID: 'operator',
  CONF_UNREADABLE: 'operator',
  TEMPLATE_INVALID: 'operator',
  VALUES_INVALID: 'operator',
  DEVELOPER_NAME: 'operator',
  DEVELOPER_UNKNOWN: 'operator',
  DEVELOPER_EXISTS: 'operator',
  KEY_INVALID: 'operator',
  SANDBOX_UNKNOWN: 'operator',
  YARD_SETTINGS: 'operator',
  YARD_RUNNING: 'operator',
  YARD_NOT_RUNNING: 'operator',
  ROOT_UNUSABLE: 'operator',
  PACKAGE_MISSING: 'operator',
  PORT_TAKEN: 'operator',
  TLS_INVALID: 'operator',
  SERVICE_FAILED: 'operator',
  BACKUP_FAILED: 'operator',
  BACKUP_INVALID: 'operator',
  BUILD_FAILED: 'script',
  SCRIPT_THREW: 'script',
  SCRIPT_INVALID: 'script',
  SCRIPT_START_FAILED: 'script',
  SCRIPT_START_TIMEOUT: 'script',
  SCRIPT_CPU_LIMIT: 'script',
  TREE_REFUSED: 'script',
  PUSH_REFUSED: 'script',
  STORE_UNAVAILABLE: 'operator',
  STORE_BUSY: 'script',
  LOCK_TIMEOUT: 'script',
  DEBUGGER_UNAVAILABLE: 'script',
  RELEASE_UNKNOWN: 'script',
  BRANCH_MOVED: 'script',
  RELOAD_FAILED: 'script',
  PROTOCOL: 'edgeyard',
  CANDIDATE_GONE: 'edgeyard',
  COMMAND_FAILED: 'edgeyard',
  CONTROL_FAILED: 'edgeyard',
} as const satisfies Record<string, Blame>

export type ErrorCode = keyof typeof ERROR_CODES

/**
 * What edgeyard throws. Ask `error.code`, not `instanceof`: errors cross processes and realms.
 * `diagnostics` holds the places in the developer's or operator's files that are to blame, if there are any.
 */
export class EdgeyardError extends Error {
  readonly code: ErrorCode
  readonly blame: Blame
  readonly diagnostics: readonly Diagnostic[]

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; diagnostics?: readonly Diagnostic[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'EdgeyardError'
    this.code = code
    this.blame = ERROR_CODES[code]
    this.diagnostics = options.diagnostics ?? []
  }
}

/** True for an error of ours, also one that was made in another realm. */
export function isEdgeyardError(error: unknown): error is EdgeyardError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code in ERROR_CODES
}

/** The message of whatever was thrown: scripts and libraries throw strings and objects too. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
