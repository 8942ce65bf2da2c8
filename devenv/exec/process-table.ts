// What Linux says of a process. A pid alone proves nothing, it may be somebody else's by now: pid, start and boot do.
import { readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in clock ticks since boot. */
  readonly startTicks: number
  /** Which boot of the machine that was. */
  readonly bootId: string
}

/** Null when there is no such process, or only its zombie. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  const fields = readStat(pid)
  if (fields === null || fields[0] === 'Z' || fields[0] === 'X') return null
  return { pid, startTicks: Number(fields[19]), bootId: readBootId() }
}

/** True while the very process that was identified runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identifyProcess(identity.pid)
  return now !== null && now.startTicks === identity.startTicks && now.bootId === identity.bootId
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
  } catch {
    return null
  }
}

let bootId: string | undefined
function readBootId(): string {
  bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  return bootId
}
