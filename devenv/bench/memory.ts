// What a process takes of the machine's memory: its proportional share, so that pages which several map are counted once.
import { readFileSync } from 'node:fs'

/** Bytes. */
export function pssBytes(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]
  if (kib === undefined) throw new Error(`The kernel does not tell the memory of process ${pid}`)
  return Number(kib) * 1024
}
