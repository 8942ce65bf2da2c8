// A collector that was killed in the middle of a line leaves half of it; the next one would write on behind it, and lose a whole one.
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

const NEWLINE = 10

/** Ends the last line of the newest file of each folder. A folder that is not there has none. */
export async function mendLogFiles(folders: readonly string[]): Promise<void> {
  await Promise.all(
    folders.map(async (folder) => {
      const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.jsonl'))
      const newest = files.sort().at(-1)
      if (newest !== undefined) await endLastLine(join(folder, newest))
    }),
  )
}

async function endLastLine(file: string): Promise<void> {
  const handle = await open(file, 'a+')
  try {
    const { size } = await handle.stat()
    const last = Buffer.alloc(1)
    if (size > 0) await handle.read(last, 0, 1, size - 1)
    if (size > 0 && last[0] !== NEWLINE) await handle.write('\n')
  } finally {
    await handle.close()
  }
}
