// What of a sandbox must survive a reboot: that it was stopped, and which releases can be trusted. Pure.
import type { BuiltCommit } from '../../servers/contract/release.ts'

export interface SandboxMemory {
  /** Its developer or the operator stopped it; it stays so until somebody starts it. */
  readonly stopped: boolean
  /** Nobody used it, so it was stopped until somebody connects. */
  readonly asleep: boolean
  /** The commit that crashed until it was given up; null when the branch's own commit is the one to run. */
  readonly fallenFrom: BuiltCommit | null
  /** Commits that ran without a crash until they were replaced, the latest last. */
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

/** `commit` crashed too often. It is none that stands, and the one before takes over if there is one. */
export function remembersFall(memory: SandboxMemory, branch: BuiltCommit, commit: BuiltCommit): SandboxMemory {
  const stood = memory.stood.filter((other) => other !== commit)
  return { ...memory, stood, fallenFrom: stood.length === 0 ? null : branch }
}

/** Anything that is not a memory is a new one: the file is written whole, so only another program can have spoilt it. */
export function parseMemory(text: string): SandboxMemory {
  try {
    const { stopped, asleep, fallenFrom, stood } = JSON.parse(text) as Record<string, unknown>
    return {
      stopped: stopped === true,
      asleep: asleep === true,
      fallenFrom: typeof fallenFrom === 'string' ? fallenFrom : null,
      stood: Array.isArray(stood) ? stood.filter((commit) => typeof commit === 'string').slice(-STOOD_MAX) : [],
    }
  } catch {
    return NEW_MEMORY
  }
}
