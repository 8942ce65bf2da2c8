// What is on disk of one sandbox follows what is true of it. What cannot be written, because the disk is full, say, holds
// nothing up: it is told, and tried again with every reconcile.
import { messageOf } from '../../servers/contract/errors.ts'
import { sandboxKey } from '../../servers/contract/names.ts'
import type { SandboxMemory } from '../sandbox/sandbox-memory.ts'
import type { Target } from './launch-sandbox.ts'
import { makeLive, tidyConfs, writeMemory } from './sandbox-files.ts'
import type { SandboxOptions } from './sandbox-options.ts'
import type { YardContext } from './yard-context.ts'

export interface SandboxDisk {
  /** What is remembered of it. */
  readonly memory: SandboxMemory
  /** Remembers more from here on; it is enough to write that down with what comes next. */
  assume(changes: Partial<SandboxMemory>): void
  /** Remembers more, and writes it down. Does not reject, nor does anything below. */
  remember(changes: Partial<SandboxMemory>): Promise<void>
  /** What could not be written, and why; null when all is. For people. */
  readonly behind: string | null
  /** Makes a release and a conf the live ones. */
  follow(target: Target): Promise<void>
  /** Removes the confs that are not `used`. */
  tidy(used: ReadonlySet<string>): Promise<void>
  /** False when all is written, as far as this daemon knows: what runs may have been started by one before it. */
  readonly mayLag: boolean
  /** Tries again what could not be written. `live`: what runs. */
  catchUp(live: () => Target | null): Promise<void>
}

export function createSandboxDisk(
  { layout, log }: Pick<YardContext, 'layout' | 'log'>,
  { name, uid, memory: first }: Pick<SandboxOptions, 'name' | 'uid' | 'memory'>,
): SandboxDisk {
  let memory = first
  /** The newest of each kind that is not written yet. */
  const owed = new Map<string, () => Promise<void>>()
  let followed = false
  let why: string | null = null

  const write = async (what: string, job: () => Promise<void>) => {
    owed.set(what, job)
    try {
      await job()
      if (owed.get(what) === job) owed.delete(what)
    } catch (error) {
      const before = why
      why = messageOf(error)
      if (why !== before) log('crit', `Cannot write down ${what} of ${sandboxKey(name)}, and tries again: ${why}`)
    }
    if (owed.size === 0) why = null
  }
  const follow = (target: Target) => {
    followed = true
    return write('what is live', () => makeLive(layout, name, target, uid))
  }
  const assume = (changes: Partial<SandboxMemory>) => {
    memory = { ...memory, ...changes }
  }
  return {
    get memory() {
      return memory
    },
    get behind() {
      return owed.size === 0 ? null : `${[...owed.keys()].join(' and ')} not written down: ${why}`
    },
    follow,
    assume,
    remember(changes) {
      assume(changes)
      return write('what is remembered', () => writeMemory(layout, name, memory))
    },
    // What stays now goes with the next switch.
    tidy: (used) => tidyConfs(layout, name, used).catch(() => {}),
    get mayLag() {
      return owed.size > 0 || !followed
    },
    async catchUp(live) {
      const target = followed ? null : live()
      if (target !== null) await follow(target)
      followed = true
      for (const [what, job] of owed) await write(what, job)
    },
  }
}
