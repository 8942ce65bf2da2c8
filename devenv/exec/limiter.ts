// Puts `limits:` of yard.yml to work: control groups where this machine has them for us, and rlimits.
import type { Limits } from '../settings/limits.ts'
import { type Breaches, type Cgroups, findCgroups } from './cgroups.ts'
import { openFilesMax, type Rlimits } from './rlimits.ts'

/** What a sandbox may write is its output, its run folder and its /tmp; no file of these needs more. */
const FILE_BYTES_MAX = 256 * 1024 ** 2
/** The old release, the new one and some that drain run as one user, and each may use all of its limit. */
const PROCESSES_OF_A_USER = 4
/** How long the kernel may take to let go of a group whose processes have ended. */
const LEAVE_TRIES_MAX = 20
const LEAVE_AGAIN_MS = 100

export interface Limiter {
  /** Null: there are groups. Otherwise why not. */
  readonly why: string | null
  rlimits(limits: Limits): Rlimits
  /** `name` names a process among all of this yard. Rejects with COMMAND_FAILED when it cannot be limited. */
  enter(name: string, pid: number, limits: Limits): Promise<void>
  breaches(name: string): Breaches
  /** It has ended. */
  leave(name: string): void
  /** Removes what daemons before us have left. */
  tidy(): void
}

/** `root` is the yard's. */
export function createLimiter(root: string, { asRoot }: { asRoot: boolean }): Limiter {
  const found = asRoot ? findCgroups(root) : { why: 'only root may make control groups here' }
  return limiterOf(found, { asRoot })
}

/** Without a yard: nobody is limited. For tests. */
export const NO_LIMITER: Limiter = limiterOf({ why: 'not asked for' }, { asRoot: false })

function limiterOf(found: Cgroups | { readonly why: string }, { asRoot }: { asRoot: boolean }): Limiter {
  const cgroups = 'why' in found ? null : found
  const files = openFilesMax()
  const leave = (name: string, tries: number) => {
    if (cgroups === null || cgroups.leave(name) || tries === 0) return
    setTimeout(() => leave(name, tries - 1), LEAVE_AGAIN_MS).unref()
  }
  return {
    why: 'why' in found ? found.why : null,
    rlimits: ({ memoryBytes, processes, openFiles }) => ({
      openFiles: Math.min(openFiles, files),
      processes: asRoot ? processes * PROCESSES_OF_A_USER : null,
      dataBytes: cgroups === null ? memoryBytes : null,
      fileBytes: FILE_BYTES_MAX,
    }),
    enter: async (name, pid, limits) => await cgroups?.enter(name, pid, limits),
    breaches: (name) => cgroups?.breaches(name) ?? { memory: 0, processes: 0 },
    leave: (name) => leave(name, LEAVE_TRIES_MAX),
    tidy: () => cgroups?.tidy(),
  }
}
