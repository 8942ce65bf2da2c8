// Servers on one core, the load on another, so that neither takes time from the other.
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'

const CORES = { server: 0, load: 1 } as const

/** Binds every thread of a process. False where that cannot be done: with one core, or without `taskset`. */
export function pin(pid: number, to: keyof typeof CORES): boolean {
  if (cpus().length < 2) return false
  return spawnSync('taskset', ['-acp', String(CORES[to]), String(pid)], { stdio: 'ignore' }).status === 0
}
