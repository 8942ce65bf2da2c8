// A word in the environment of every process we start, by which it is known again when nothing else tells whose it is.
import { readdirSync, readFileSync } from 'node:fs'

const VARIABLE = 'EDGEYARD_PROCESS'

/** What to add to a child's environment. It must be no secret, and is inherited by what the child starts. */
export function markOf(text: string): Readonly<Record<string, string>> {
  return { [VARIABLE]: text }
}

export interface MarkedProcess {
  readonly pid: number
  readonly parent: number
  /** Null for one without a mark, or whose environment we may not read. */
  readonly mark: string | null
}

/** Every process of the machine. A process may write what it likes into its own environment: a mark is a hint, no proof. */
export function listMarked(): readonly MarkedProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
        return [{ pid: Number(name), parent, mark: readMark(Number(name)) }]
      } catch {
        // It has ended meanwhile.
        return []
      }
    })
}

/** The mark of one process; null when it has none, or is gone. */
export function readMark(pid: number): string | null {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    return variables.find((one) => one.startsWith(`${VARIABLE}=`))?.slice(VARIABLE.length + 1) ?? null
  } catch {
    return null
  }
}

/**
 * The marked processes that are neither among `known` nor their parents (bubblewrap) or descendants (workers), with all that they have
 * started: Redis writes its title where the mark was. Pure.
 */
export function findStrays(
  processes: readonly MarkedProcess[],
  known: ReadonlySet<number>,
  isOurs: (mark: string) => boolean,
): readonly MarkedProcess[] {
  const byPid = new Map(processes.map((process) => [process.pid, process]))
  const ancestors = (process: MarkedProcess): readonly number[] => {
    const pids: number[] = []
    // Bounded: a list read in the middle of things may name a circle.
    for (let one = byPid.get(process.parent); one !== undefined && pids.length < 64; one = byPid.get(one.parent)) {
      pids.push(one.pid)
    }
    return pids
  }
  const above = new Set([...known].flatMap((pid) => (byPid.has(pid) ? ancestors(byPid.get(pid)!) : [])))
  const marked = processes.filter((process) => {
    if (process.mark === null || !isOurs(process.mark)) return false
    if (known.has(process.pid) || above.has(process.pid)) return false
    return !ancestors(process).some((pid) => known.has(pid))
  })
  const strays = new Set(marked.map(({ pid }) => pid))
  return processes.filter((process) => strays.has(process.pid) || ancestors(process).some((pid) => strays.has(pid)))
}
