// The JSON-lines files of one record source, read from their ends: the newest lines, and what comes after them.
import { type FSWatcher, watch } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

const DAY_FILE = /^\d{4}-\d{2}-\d{2}\.jsonl$/
const CHUNK_BYTES = 64 * 1024

/** How far a file has been read. */
interface Place {
  readonly file: string
  readonly offset: number
}

/** The last `count` lines of all days, oldest first, and the place behind them. */
export async function readLastLines(folder: string, count: number): Promise<{ lines: string[]; place: Place | null }> {
  const files = await dayFiles(folder)
  let lines: string[] = []
  let place: Place | null = null
  for (const file of files.reverse()) {
    if (lines.length >= count) break
    const tail = await lastLinesOf(join(folder, file), count - lines.length)
    place ??= { file, offset: tail.offset }
    lines = [...tail.lines, ...lines]
  }
  return { lines, place }
}

/** Calls `onLine` for every line written after `place`, over midnights, until the signal aborts. */
export async function followLines(
  folder: string,
  place: Place | null,
  options: { onLine(line: string): void; signal: AbortSignal },
): Promise<void> {
  const { onLine, signal } = options
  if (signal.aborted) return
  let at = place
  const readOn = async () => {
    for (const file of (await dayFiles(folder)).filter((name) => at === null || name >= at.file)) {
      const { text, offset } = await readFrom(join(folder, file), at?.file === file ? at.offset : 0)
      at = { file, offset }
      for (const line of text.split('\n').slice(0, -1)) onLine(line)
    }
  }
  let wake = () => {}
  // Watching begins before the first read: what is written between the two is seen twice by the watcher, never missed.
  const watcher: FSWatcher = watch(folder, () => wake())
  signal.addEventListener('abort', () => wake(), { once: true })
  try {
    while (!signal.aborted) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve
      })
      await readOn()
      if (!signal.aborted) await changed
    }
  } finally {
    watcher.close()
  }
}

async function dayFiles(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return files.filter((name) => DAY_FILE.test(name)).sort()
}

/** Reads backwards until there are enough lines; the part behind the last newline is still being written and left alone. */
async function lastLinesOf(file: string, count: number): Promise<{ lines: string[]; offset: number }> {
  const handle = await open(file)
  try {
    let start = (await handle.stat()).size
    let bytes = Buffer.alloc(0)
    let newlines = 0
    while (start > 0 && newlines <= count) {
      const from = Math.max(0, start - CHUNK_BYTES)
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(start - from), 0, start - from, from)
      const part = buffer.subarray(0, bytesRead)
      newlines += part.reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0)
      bytes = Buffer.concat([part, bytes])
      start = from
    }
    const end = bytes.lastIndexOf(10) + 1
    const lines = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1)
    return { lines: count === 0 ? [] : lines.slice(-count), offset: start + end }
  } finally {
    await handle.close()
  }
}

async function readFrom(file: string, offset: number): Promise<{ text: string; offset: number }> {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    if (size <= offset) return { text: '', offset }
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - offset), 0, size - offset, offset)
    // Only whole lines, so that no character is cut in two.
    const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1
    return { text: buffer.subarray(0, end).toString('utf8'), offset: offset + end }
  } finally {
    await handle.close()
  }
}
