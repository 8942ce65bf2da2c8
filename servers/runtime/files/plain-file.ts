// What is there below a folder for everybody to read. What is reached through a link is not there.
import { constants, type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Why something cannot be sent, as nginx answers it. */
export type Unreadable = 403 | 404 | 500

/** For reading; the caller closes it. `path` is one that `isServed`. */
export async function openPlain(root: string, path: string): Promise<FileHandle | Unreadable> {
  try {
    const file = await resolvePlain(root, path)
    if (file === undefined) return 404
    // A named pipe must not keep us waiting for its writer.
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    return statusOf(error)
  }
}

/** Whether there is a file or a folder, without opening it. */
export async function lookAt(root: string, path: string): Promise<'file' | 'folder' | Unreadable> {
  try {
    const file = await resolvePlain(root, path)
    if (file === undefined) return 404
    return (await stat(file)).isDirectory() ? 'folder' : 'file'
  } catch (error) {
    return statusOf(error)
  }
}

async function resolvePlain(root: string, path: string): Promise<string | undefined> {
  const file = join(await realpath(root), path.endsWith('/') ? path.slice(0, -1) : path)
  return (await realpath(file)) === file ? file : undefined
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
