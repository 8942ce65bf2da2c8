// The pid file: who serves this sandbox. A release that takes over writes its own; the old one leaves that alone.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export function writePidFile(file: string, pid: number): void {
  mkdirSync(dirname(file), { recursive: true })
  const written = `${file}.${pid}`
  writeFileSync(written, `${pid}\n`)
  renameSync(written, file)
}

/** The pid in the file, or undefined when there is none. */
export function readPidFile(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8').trim())
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined
  } catch {
    return undefined
  }
}

/** Removes the file unless another process has written itself in since. */
export function removePidFile(file: string, pid: number): void {
  if (readPidFile(file) === pid) rmSync(file, { force: true })
}
