// The JSON-lines files of one record source, read from their ends: the newest lines, and what comes after them. However large
// the files are, a chunk of them is in memory.
import { type FSWatcher, watch } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

const DAY_FILE = /^\d{4}-\d{2}-\d{2}\.jsonl$/
const CHUNK_BYTES = 64 * 1024
/** No record is longer; whatever is, is cut there. */
const LINE_BYTES_MAX = 1024 * 1024

/** How far a file has been read. */
export interface Place {
  readonly file: string
  readonly offset: number
}

export interface Newest {
  /** Lines wanted. */
  readonly count: number
  /** Which lines count; default: all. */
  accepts?(line: string): boolean
  /** True for a line that is too old, as are all before it. */
  isTooOld?(line: string): boolean
}

/** The newest lines of all days, oldest first, and the place behind the last. */
export async function readNewest(
  folder: string,
  { count, accepts = () => true, isTooOld = () => false }: Newest,
): Promise<{ lines: string[]; place: Place | null }> {
  const files = (await dayFiles(folder)).reverse()
  const lines: string[] = []
  let place: Place | null = null
  for (const file of files) {
    const handle = await open(join(folder, file))
    try {
      const end = await endOfLines(handle)
      place ??= { file, offset: end }
      if (count === 0) break
      for await (const line of linesBackwards(handle, end)) {
        if (isTooOld(line)) return { lines: lines.reverse(), place }
        if (accepts(line)) lines.push(line)
        if (lines.length >= count) return { lines: lines.reverse(), place }
      }
    } finally {
      await handle.close()
    }
  }
  return { lines: lines.reverse(), place }
}

/**
 * Calls `onLine` for every line written after `place`, over midnights, until the signal aborts. The next line waits for it, so a
 * slow reader costs no memory.
 */
export async function followLines(
  folder: string,
  place: Place | null,
  options: { onLine(line: string): void | Promise<void>; signal: AbortSignal },
): Promise<void> {
  const { onLine, signal } = options
  if (signal.aborted) return
  let at = place
  const readOn = async () => {
    for (const file of (await dayFiles(folder)).filter((name) => at === null || name >= at.file)) {
      for (;;) {
        const offset: number = at?.file === file ? at.offset : 0
        const { lines, next } = await readFrom(join(folder, file), offset)
        at = { file, offset: next }
        for (const line of lines) if (!signal.aborted) await onLine(line)
        if (next === offset || signal.aborted) break
      }
    }
  }
  let wake = () => {}
  // Watching begins before the first read: what is written between the two is seen twice by the watcher, never missed.
  const watcher: FSWatcher = watch(folder, () => wake())
  const onAbort = () => wake()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    while (!signal.aborted) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve
      })
      await readOn()
      if (!signal.aborted) await changed
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
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

/** Behind the last newline: what follows is still being written, and left alone. */
async function endOfLines(handle: FileHandle): Promise<number> {
  for (let end = (await handle.stat()).size; end > 0; end = Math.max(0, end - CHUNK_BYTES)) {
    const found = (await readChunk(handle, end)).lastIndexOf(10)
    if (found !== -1) return Math.max(0, end - CHUNK_BYTES) + found + 1
  }
  return 0
}

/** The lines before `end`, the last one first. */
async function* linesBackwards(handle: FileHandle, end: number): AsyncGenerator<string> {
  // The end of a line whose beginning has not been read yet, with its newline.
  let rest: Buffer = Buffer.alloc(0)
  for (let at = end; at > 0; at = Math.max(0, at - CHUNK_BYTES)) {
    const bytes: Buffer = Buffer.concat([await readChunk(handle, at), rest])
    const isFirst = at <= CHUNK_BYTES
    const cut = isFirst ? 0 : bytes.indexOf(10) + 1
    rest = cut === 0 && !isFirst ? bytes.subarray(0, LINE_BYTES_MAX) : bytes.subarray(0, cut)
    const whole = cut === 0 && !isFirst ? '' : bytes.toString('utf8', cut)
    yield* whole.split('\n').slice(0, -1).reverse()
  }
}

/** The chunk that ends at `end`. */
async function readChunk(handle: FileHandle, end: number): Promise<Buffer> {
  const from = Math.max(0, end - CHUNK_BYTES)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - from), 0, end - from, from)
  return buffer.subarray(0, bytesRead)
}

/** Whole lines only, so that no character is cut in two. */
async function readFrom(file: string, offset: number): Promise<{ lines: string[]; next: number }> {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    const length = Math.min(size - offset, LINE_BYTES_MAX)
    if (length <= 0) return { lines: [], next: offset }
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset)
    const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1
    if (end === 0 && bytesRead === LINE_BYTES_MAX) return { lines: [buffer.toString('utf8')], next: offset + bytesRead }
    return { lines: buffer.toString('utf8', 0, end).split('\n').slice(0, -1), next: offset + end }
  } finally {
    await handle.close()
  }
}
