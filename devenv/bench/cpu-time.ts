// The processor time of a process, which says what an operation costs even on a machine that does other things too.
import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second for everybody who reads /proc/PID/stat (USER_HZ). */
const MICROSECONDS_PER_TICK = 10_000

/**
 * User and system time of all threads so far, in microseconds. From `schedstat`, which counts nanoseconds of the threads that are
 * alive; a kernel without it has only the ticks of `stat`, so a measurement must last.
 */
export function cpuMicroseconds(pid: number): number {
  try {
    let nanoseconds = 0
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
    }
    if (nanoseconds > 0) return nanoseconds / 1000
  } catch {
    // A thread has ended meanwhile, or there is no schedstat: the ticks know.
  }
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name of the program, in parentheses, may hold anything: fields count from behind it, utime is the 14th of all.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK
}
