// What Linux says of a process. A pid alone proves nothing, it may be somebody else's by now: pid, start and boot do.
import { readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in clock ticks since boot. */
  readonly startTicks: number
  /** Which boot of the machine that was. */
  readonly bootId: string
}

/** Null when there is no such process, or only its zombie. Throws when /proc cannot be read: nobody may be taken for dead then. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  const fields = readStat(pid)
  if (fields === null || fields[0] === 'Z' || fields[0] === 'X') return null
  return { pid, startTicks: Number(fields[19]), bootId: readBootId() }
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
  const fields = readStat(pid)
  return fields === null ? null : Number(fields[11]) + Number(fields[12])
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

/** The fields of /proc/PID/stat from the third (state) on; the second holds any character and is cut off. */
function readStat(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
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
