// Whose a socket is.
import { readdir, readFile, readlink } from 'node:fs/promises'

/** The process that has one of these sockets (inodes, as in /proc/net/…) open, as far as we may look. */
export async function findSocketOwner(inodes: readonly string[]): Promise<{ pid: number; name: string } | null> {
  const links = new Set(inodes.map((inode) => `socket:[${inode}]`))
  if (links.size === 0) return null
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
      if (links.has(target)) {
        return { pid: Number(pid), name: (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '?')).trim() }
      }
    }
  }
  return null
}
