// The folder that the workers of a running server share. A master that was killed leaves its behind: whoever starts next on the same
// prefix sees by the socket in it that nobody lives there any more.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'

const NAME = 'shared-'
/** Its master accepts connections here for as long as it lives. */
const ALIVE = 'alive'

export interface SharedFolder {
  readonly path: string
  remove(): void
}

/** Makes one in `run`. */
export async function createSharedFolder(run: string): Promise<SharedFolder> {
  mkdirSync(run, { recursive: true })
  await Promise.all(
    readdirSync(run)
      .filter((name) => name.startsWith(NAME))
      .map((name) => removeDead(join(run, name))),
  )
  const path = mkdtempSync(join(run, NAME))
  const alive = createServer((socket) => socket.destroy()).unref()
  await new Promise<void>((resolve, reject) => {
    alive.on('error', reject)
    alive.listen(join(path, ALIVE), resolve)
  })
  return {
    path,
    remove() {
      alive.close()
      rmSync(path, { recursive: true, force: true })
    },
  }
}

function removeDead(path: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(join(path, ALIVE))
    socket.on('connect', () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', () => {
      rmSync(path, { recursive: true, force: true })
      resolve()
    })
  })
}
