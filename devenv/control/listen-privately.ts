// A Unix socket that is our user's alone from its first moment.
import { randomBytes } from 'node:crypto'
import { chmodSync, lstatSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import type { Server } from 'node:net'
import { dirname, join } from 'node:path'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'

/**
 * Binds in a folder nobody else can enter and moves the finished socket into place, also over one that was left behind: at no
 * moment is it open to others. Resolves with its inode; throws `CONTROL_FAILED`.
 */
export async function listenPrivately(server: Server, socket: string): Promise<number> {
  const folder = await mkdtemp(join(dirname(socket), '.control-'))
  try {
    const hidden = join(folder, randomBytes(2).toString('hex'))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(hidden, resolve)
    })
    chmodSync(hidden, 0o600)
    await rename(hidden, socket)
    return inodeOf(socket) ?? 0
  } catch (cause) {
    throw new EdgeyardError('CONTROL_FAILED', `Cannot listen on ${socket}: ${messageOf(cause)}`, { cause })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export function inodeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino
}
