// What an audit record says beside who did it. Those who act outside of the daemon (hooks, the command line) hand theirs to it.
import type { By } from './by.ts'
import { callControl } from './call.ts'

export interface AuditEntry {
  /** The verb, e.g. `push`, `rollback`, `dev add`. */
  readonly act: string
  /** What it was done to: `socketserver/dev1`, a ref, a developer's name. */
  readonly target: string
  /** What stood there before and stands there now: commits or releases; null where there are none. */
  readonly old: string | null
  readonly new: string | null
  /** `done`, or why not. */
  readonly result: string
  readonly ms: number
  /** When, in ISO 8601, where it could only be told later. */
  readonly at?: string
  /**
   * Of a push that has gone through its hooks: what they said, line by line. It becomes a record of the developer's own server, where
   * they find it the day after; of a push to another repository it becomes one of the yard's about them, which the operator reads. A
   * push that was accepted is an act only when it is switched.
   */
  readonly said?: string
}

/** The end of it: a refusal gives its reasons last. */
export const SAID_LENGTH_MAX = 8_000

/** Entries of one request: a push of more refs is told by its first ones. */
export const AUDIT_ENTRIES_MAX = 32

export function isAuditEntry(value: unknown): value is AuditEntry {
  if (typeof value !== 'object' || value === null) return false
  const { act, target, old, new: next, result, ms, said = '', at = '' } = value as Record<string, unknown>
  const texts = [act, target, result, at, old ?? '', next ?? '']
  const isSaid = typeof said === 'string' && said.length <= SAID_LENGTH_MAX
  return texts.every((text) => typeof text === 'string') && Number.isFinite(ms) && isSaid
}

/** The daemon's own bound for writing a few records. */
const DEADLINE_MS = 5_000

/** Hands entries to the daemon. Never rejects: what was done is done, whether it could be written down or not; false then. */
export async function reportActs(socket: string, by: By, entries: readonly AuditEntry[]): Promise<boolean> {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  return await callControl(socket, 'audit', { entries: entries.slice(0, AUDIT_ENTRIES_MAX) }, { by, signal }).then(
    () => true,
    () => false,
  )
}
