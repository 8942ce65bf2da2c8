// Files that the kernel makes when somebody reads them: those of /proc and of control groups.
import { closeSync, openSync, readSync } from 'node:fs'

const bytes = Buffer.alloc(4096)

/**
 * The text of such a file, at most 4 KiB of it. They are looked at several times a second for every process, so this is without what
 * `readFileSync` makes anew for each. Throws what the system says.
 */
export function readKernelFile(path: string): string {
  const fd = openSync(path, 'r')
  try {
    return bytes.toString('latin1', 0, readSync(fd, bytes))
  } finally {
    closeSync(fd)
  }
}
