// What is there below a folder for everybody to read. What is reached through a link is not there. These calls wait for the disk, as nginx's
// own do: what is served lies in memory nearly always, and six hops to another thread cost more than all of them.
import { constants, openSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Why something cannot be sent, as nginx answers it. */
export type Unreadable = 403 | 404 | 500

/** A descriptor for reading; the caller closes it. `path` is one that `isServed`. */
export function openPlain(root: string, path: string): { readonly fd: number } | Unreadable {
  try {
    const file = resolvePlain(root, path)
    if (file === undefined) return 404
    // A named pipe must not keep us waiting for its writer.
    return { fd: openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK) }
  } catch (error) {
    return statusOf(error)
  }
}

/** Whether there is a file or a folder, without opening it. */
export function lookAt(root: string, path: string): 'file' | 'folder' | Unreadable {
  try {
    const file = resolvePlain(root, path)
    if (file === undefined) return 404
    return statSync(file).isDirectory() ? 'folder' : 'file'
  } catch (error) {
    return statusOf(error)
  }
}

function resolvePlain(root: string, path: string): string | undefined {
  const file = join(realpathSync.native(root), path.endsWith('/') ? path.slice(0, -1) : path)
  return realpathSync.native(file) === file ? file : undefined
}

function statusOf(error: unknown): Unreadable {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
    case 'ELOOP':
      return 404
    case 'EACCES':
    case 'EPERM':
      return 403
    default:
      return 500
  }
}
