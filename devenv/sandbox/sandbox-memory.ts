// What of a sandbox must survive a reboot: that it was stopped, and which releases can be trusted. Pure.
import type { BuiltCommit } from '../../servers/contract/release.ts'
import { parseState } from '../state/state-version.ts'

export interface SandboxMemory {
  /** Its developer or the operator stopped it; it stays so until somebody starts it. */
  readonly stopped: boolean
  /** Nobody used it, so it was stopped until somebody connects. */
  readonly asleep: boolean
  /** The commit that crashed until it was given up; null when the branch's own commit is the one to run. */
  readonly fallenFrom: BuiltCommit | null
  /** Commits that ran for a minute without a crash, the latest last. */
  readonly stood: readonly BuiltCommit[]
}

export const NEW_MEMORY: SandboxMemory = { stopped: false, asleep: false, fallenFrom: null, stood: [] }

/** As many releases as a crash loop may fall back through. */
export const STOOD_MAX = 5

/** `commit` has proved itself. */
export function remembersStanding(memory: SandboxMemory, commit: BuiltCommit): SandboxMemory {
  if (memory.stood.at(-1) === commit) return memory
  return { ...memory, stood: [...memory.stood.filter((other) => other !== commit), commit].slice(-STOOD_MAX) }
}

/**
 * `commit` crashed too often: it is none that stands, and the one before takes over. Null when there is none. What was
 * fallen back to may fall as well; what the branch is on stays what was fallen from.
 */
export function remembersFall(memory: SandboxMemory, commit: BuiltCommit): SandboxMemory | null {
  const stood = memory.stood.filter((other) => other !== commit)
  return stood.length === 0 ? null : { ...memory, stood, fallenFrom: memory.fallenFrom ?? commit }
}

/** Null for what is no memory. Throws as {@link parseState}. */
export function parseMemory(text: string, file: string): SandboxMemory | null {
  const state = parseState(text, file)
  if (state === null) return null
  const { stopped, asleep, fallenFrom, stood } = state
  return {
    stopped: stopped === true,
    asleep: asleep === true,
    fallenFrom: typeof fallenFrom === 'string' ? fallenFrom : null,
    stood: Array.isArray(stood) ? stood.filter((commit) => typeof commit === 'string').slice(-STOOD_MAX) : [],
  }
}
