// A conf holds passwords: its process may read it, and nobody else.
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'

/** Writes a conf whole or not at all: 0640, ours, in the group of the one user whose process reads it. */
export async function writeConf(path: string, text: string, uid: number | null): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFileAtomic(path, text, { mode: 0o640, ...(uid === null ? {} : { chown: { uid: 0, gid: uid } }) })
}
