// The pid file: who serves this sandbox. A release that takes over writes its own; the old one leaves that alone.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Returns the function that removes the file, unless another process has written itself in since. */
export function writePidFile(file: string, pid: number): () => void {
  mkdirSync(dirname(file), { recursive: true })
  const written = `${file}.${pid}`
  writeFileSync(written, `${pid}\n`)
  renameSync(written, file)
  const stamp = stampOf(file)
  return () => {
    // Not by the pid: in pid namespaces of their own, the old and the new server are both number 1.
    if (stampOf(file) === stamp) rmSync(file, { force: true })
  }
}

/** The pid in the file; undefined when there is none, or when it is one of another pid namespace. */
export function readPidFile(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8').trim())
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined
  } catch {
    return undefined
  }
}

function stampOf(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false, bigint: true })
  return stat === undefined ? undefined : `${stat.ino} ${stat.mtimeNs}`
}
