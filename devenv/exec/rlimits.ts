// The limits that the kernel knows for each process, everywhere and for everybody: where there are no control groups they
// have to do, and where there are, they hold from the first instruction on.
import { readFileSync } from 'node:fs'

export interface Rlimits {
  readonly openFiles: number
  /** Processes and threads of its user, all together; null where that user is not its own. */
  readonly processes: number | null
  /** Memory that it may write to, of one process; null where a control group counts all of them. */
  readonly dataBytes: number | null
  /** The largest file it may write. */
  readonly fileBytes: number
}

const PRLIMIT = '/usr/bin/prlimit'

/** The beginning of a command that runs under these limits. A core file would hold its secrets, and fill a disk. */
export function rlimitArgs({ openFiles, processes, dataBytes, fileBytes }: Rlimits): string[] {
  const limit = (name: string, value: number | null) => (value === null ? [] : [`--${name}=${value}:${value}`])
  return [
    PRLIMIT,
    ...limit('core', 0),
    ...limit('nofile', openFiles),
    ...limit('fsize', fileBytes),
    ...limit('nproc', processes),
    ...limit('data', dataBytes),
  ]
}

/** As many as we may give: not even root may always raise its own limit. */
export function openFilesMax(): number {
  const limits = readFileSync('/proc/self/limits', 'latin1')
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1]
  return hard === undefined || hard === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(hard)
}
