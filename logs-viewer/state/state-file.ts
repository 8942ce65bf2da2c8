// What the viewer itself has to remember: small files of JSON in its own folder, each whole at every moment.
import { open, readFile, rename } from 'node:fs/promises'

export interface StateFile {
  /** What was written last; null: nothing yet, or it is spoilt, or of a form that this viewer does not know. */
  read(): Promise<Readonly<Record<string, unknown>> | null>
  /** Resolves when the newest state is on the disk. Many at once are written as one. */
  write(): Promise<void>
}

/** The form that this viewer writes. */
const STATE_VERSION = 1

/** `snapshot` gives what has to be written. Null for `path`: nothing is remembered across a restart. */
export function createStateFile(path: string | null, snapshot: () => object): StateFile {
  let waiting: Promise<void> | undefined
  let writing: Promise<void> = Promise.resolve()
  const writeNow = async () => {
    waiting = undefined
    if (path === null) return
    const next = `${path}.new`
    const file = await open(next, 'w', 0o600)
    try {
      await file.writeFile(`${JSON.stringify({ version: STATE_VERSION, ...snapshot() })}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(next, path)
  }
  return {
    async read() {
      const text = path === null ? null : await readFile(path, 'utf8').catch(() => null)
      if (text === null) return null
      try {
        const state: unknown = JSON.parse(text)
        if (typeof state !== 'object' || state === null || !('version' in state)) return null
        return state.version === STATE_VERSION ? { ...state } : null
      } catch {
        return null
      }
    },
    write() {
      if (waiting === undefined) {
        waiting = writing.catch(() => {}).then(writeNow)
        writing = waiting
      }
      return waiting
    },
  }
}
