// A Unix socket's file: taken by one process at a time, handed over by a rename, and left alone by whoever has lost it.
import { randomBytes } from 'node:crypto'
import { chmodSync, lstatSync, renameSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { EdgeyardError, messageOf } from '../contract/errors.ts'

/** As nginx's: who may connect is decided by the folder. */
const MODE = 0o666
/** `sun_path` without its NUL (unix(7)). */
const PATH_BYTES_MAX = 107

/**
 * Calls `bind` with a name beside `path`, and gives the socket its mode and its name when that has listened: nobody ever
 * finds a path at which nobody listens. Resolves with what removes the file, unless it is another's by then. Rejects with
 * PORT_TAKEN when somebody listens already, unless it is to be taken over, else with SERVICE_FAILED.
 */
export async function listenOnPath(
  { path, takeOver = false }: { readonly path: string; readonly takeOver?: boolean },
  bind: (temporary: string) => Promise<void>,
): Promise<() => void> {
  const temporary = `${path}.${randomBytes(2).toString('hex')}`
  if (Buffer.byteLength(temporary) > PATH_BYTES_MAX) {
    const max = PATH_BYTES_MAX - (temporary.length - path.length)
    throw new EdgeyardError('SERVICE_FAILED', `Cannot listen on unix:${path}: its path is longer than ${max} bytes`)
  }
  if ((await isHeld(path)) && !takeOver) {
    throw new EdgeyardError('PORT_TAKEN', `Cannot listen on unix:${path}: another program holds it`)
  }
  try {
    await bind(temporary)
    chmodSync(temporary, MODE)
    const { dev, ino } = lstatSync(temporary)
    renameSync(temporary, path)
    return () => {
      const now = lstatSync(path, { throwIfNoEntry: false })
      if (now?.ino === ino && now.dev === dev) rmSync(path, { force: true })
    }
  } catch (error) {
    rmSync(temporary, { force: true })
    throw new EdgeyardError('SERVICE_FAILED', `Cannot listen on unix:${path}: ${messageOf(error)}`, { cause: error })
  }
}

/** False for a path that is free, and for the file that a socket has left. */
async function isHeld(path: string): Promise<boolean> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return false
  if (!found.isSocket()) {
    throw new EdgeyardError('SERVICE_FAILED', `Cannot listen on unix:${path}: there is something that is no socket`)
  }
  return new Promise((resolve) => {
    const probe = connect(path)
    const told = (held: boolean) => {
      probe.destroy()
      resolve(held)
    }
    probe.once('connect', () => told(true))
    // A full queue of connections has somebody behind it.
    probe.once('error', (error: NodeJS.ErrnoException) => told(error.code === 'EAGAIN' || error.code === 'EACCES'))
  })
}
