// What Linux says of a process. A pid alone proves nothing, it may be somebody else's by now: pid, start and boot do.
import { readFileSync } from 'node:fs'
import { readKernelFile } from './read-kernel-file.ts'

export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in clock ticks since boot. */
  readonly startTicks: number
  /** Which boot of the machine that was. */
  readonly bootId: string
}

/** Null when there is no such process, or only its zombie. Throws when /proc cannot be read: nobody may be taken for dead then. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  const [, state, startTicks] = STATE_AND_START.exec(readStat(pid) ?? '') ?? []
  if (state === undefined || state === 'Z' || state === 'X') return null
  return { pid, startTicks: Number(startTicks), bootId: readBootId() }
}

/** True while the very process that was identified runs; with no file descriptors left to ask with, while any has its pid. */
export function isAlive(identity: ProcessIdentity): boolean {
  try {
    const now = identifyProcess(identity.pid)
    return now !== null && now.startTicks === identity.startTicks && now.bootId === identity.bootId
  } catch {
    return isTaken(identity.pid)
  }
}

/** Signals the very process that was identified, and no other that has its pid by now. False when it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false
  try {
    process.kill(identity.pid, signal)
    return true
  } catch {
    return false
  }
}

/** How much of a processor it has had so far, all its threads together, in ticks of some 10 ms. Null when it is gone. */
export function processorTicks(pid: number): number | null {
  const [, user, system] = TICKS.exec(readStat(pid) ?? '') ?? []
  return user === undefined ? null : Number(user) + Number(system)
}

/** Whom it runs as, null when it is gone. */
export function userOf(pid: number): number | null {
  try {
    const effective = /^Uid:\s+\d+\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    return effective === undefined ? null : Number(effective)
  } catch {
    return null
  }
}

/** Resident memory, null when the process is gone. */
export function residentBytes(pid: number): number | null {
  try {
    const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
    return line === null ? null : Number(line[1]) * 1024
  } catch {
    return null
  }
}

/** Of what `readStat` gives: fields 3 and 22, and 14 and 15 (proc_pid_stat(5)). */
const STATE_AND_START = /^(\S)(?: \S+){18} (\d+)/
const TICKS = /^\S(?: \S+){10} (\d+) (\d+)/

/** The fields of /proc/PID/stat from the third (state) on; the second holds any character and is cut off. */
function readStat(pid: number): string | null {
  try {
    const text = readKernelFile(`/proc/${pid}/stat`)
    return text.slice(text.lastIndexOf(')') + 2)
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}

function isTaken(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

let bootId: string | undefined
function readBootId(): string {
  bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  return bootId
}
