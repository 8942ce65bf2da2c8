// The processor time of a process, which says what an operation costs even on a machine that does other things too.
import { readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second for everybody who reads /proc (USER_HZ), so a measurement must last. */
const MS_PER_TICK = 10

/** User and system time of all threads so far, in milliseconds. */
export function cpuTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name of the program, in parentheses, may hold anything: fields count from behind it, utime is the 14th of all.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
}
