// A limit of yard.yml that a sandbox has met is one clear record, however often it meets it.
import type { Breaches } from '../exec/cgroups.ts'
import type { Said } from './parse-output.ts'
import type { RunFile } from './run-files.ts'

export const MEMORY_BREACH = 'it had more memory than limits.memory of yard.yml allows'

/** Hands back what has to be said of a process's breaches for the first time. */
export function breachRecords({ key, pid }: Pick<RunFile, 'key' | 'pid'>): (now: Breaches) => readonly Said[] {
  const said = new Set<keyof Breaches>()
  const messages: Readonly<Record<keyof Breaches, string>> = {
    memory: `A process of ${key} (pid ${pid}) was killed: ${MEMORY_BREACH}`,
    processes: `${key} (pid ${pid}) could not start a process or thread: it has as many as limits.processes of yard.yml allows`,
  }
  return (now) =>
    (['memory', 'processes'] as const)
      .filter((kind) => now[kind] > 0 && !said.has(kind))
      .map((kind) => {
        said.add(kind)
        return { severity: 'error', message: messages[kind] }
      })
}
