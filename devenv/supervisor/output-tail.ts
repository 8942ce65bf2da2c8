// Reads what a process writes to stdout and stderr out of its file, and empties the file when it has grown.
import { constants, fstatSync, readSync } from 'node:fs'
import { type FileHandle, open, readFile, rm, writeFile } from 'node:fs/promises'
import { createLock } from './lock.ts'
import { groupLines } from './parse-output.ts'

/** A file that was read to its end is emptied from here on. */
const EMPTY_FROM_BYTES = 1024 * 1024
/** Read at once. */
const CHUNK_BYTES = 256 * 1024
/** More than this unread is a flood: it is skipped, and said so, because nobody reads it and a disk is finite. */
const UNREAD_BYTES_MAX = 16 * 1024 * 1024
const LINE_BYTES_MAX = 16 * 1024
/** How often the size is looked at where nothing can be read: each so many times. */
const ASKS_A_SIZE = 20
const ONE_BYTE = Buffer.alloc(1)
/** Lines kept for the record of a death and for a refused push. */
export const LAST_LINES_MAX = 20

/** What V8 says when its heap is full. Behind it comes a longer list of addresses than lines are kept. */
export const HEAP_FULL = /^FATAL ERROR: .*JavaScript heap out of memory$/
/** Node's, while a watchdog ends its process: there is no debugger. */
const NOT_WAITING = 'Waiting for the debugger to disconnect...'

export interface OutputTail {
  /** Whether there is something new, asked several times a second of every process; true as well when that cannot be told. */
  hasMore(): boolean
  /** Hands on what is new. `ended`: nothing more will come, so a last line without an end counts too. */
  read(ended?: boolean): Promise<void>
  /** With V8's word on its heap in front, when it is among what was said before them. */
  lastLines(): readonly string[]
  /** Reads no more; the file stays for another daemon. */
  close(): Promise<void>
  /** Reads no more and removes the file; its process must be gone. */
  remove(): Promise<void>
}

/**
 * `onLines` gets the lines of one message at a time: one, with those below it that belong to it. How far the file was read is
 * written beside it, so that another daemon goes on there.
 */
export async function createOutputTail(file: string, onLines: (lines: readonly string[]) => void): Promise<OutputTail> {
  const handle = await open(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
  const place = `${file}.at`
  const lock = createLock()
  const last: string[] = []
  let fatal: string | undefined
  let offset = Number(await readFile(place, 'latin1').catch(() => '0')) || 0
  let rest: Buffer = Buffer.alloc(0)
  let closed = false
  let asked = 0
  const close = async () => {
    closed = true
    await handle.close()
  }

  const emit = (bytes: Buffer) => {
    const lines = bytes
      .toString('utf8')
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '' && line !== NOT_WAITING)
    fatal = lines.find((line) => HEAP_FULL.test(line)) ?? fatal
    last.push(...lines)
    last.splice(0, Math.max(0, last.length - LAST_LINES_MAX))
    for (const group of groupLines(lines, LINE_BYTES_MAX)) onLines(group)
  }

  const read = async (ended: boolean) => {
    // Who waited for their turn behind the last one.
    if (closed) return
    let { size } = await handle.stat()
    // Somebody else emptied it.
    if (size < offset) offset = 0
    const before = offset
    if (size - offset > UNREAD_BYTES_MAX) {
      emit(Buffer.from(`${size - offset} bytes of output were skipped: too much at once`))
      rest = Buffer.alloc(0)
      offset = size
    }
    while (offset < size) {
      const chunk = await readChunk(handle, offset)
      if (chunk.length === 0) break
      offset += chunk.length
      rest = Buffer.concat([rest, chunk])
      const end = rest.lastIndexOf(10) + 1
      if (end > 0) emit(rest.subarray(0, end))
      rest = rest.subarray(end)
      if (rest.length > LINE_BYTES_MAX) {
        emit(rest)
        rest = Buffer.alloc(0)
      }
      size = (await handle.stat()).size
    }
    if (ended && rest.length > 0) {
      emit(rest)
      rest = Buffer.alloc(0)
    }
    // What the process appends between this look and the cut is lost: some microseconds once a mebibyte.
    if (offset > EMPTY_FROM_BYTES && rest.length === 0 && (await handle.stat()).size === offset) {
      await handle.truncate(0)
      offset = 0
    }
    if (offset !== before) await writeFile(place, `${offset - rest.length}`, { mode: 0o600 })
  }

  const isChanged = () => {
    try {
      return fstatSync(handle.fd).size !== offset
    } catch {
      // What is in the way is told by the reading.
      return true
    }
  }

  /** Takes no way round and leaves nothing to be collected; that somebody has emptied the file is seen a little later. */
  const hasMore = () => {
    if (closed) return false
    try {
      if (readSync(handle.fd, ONE_BYTE, 0, 1, offset) > 0) return true
    } catch {
      return true
    }
    return asked++ % ASKS_A_SIZE === 0 && isChanged()
  }

  return {
    hasMore,
    read: async (ended = false) => {
      if (ended || isChanged()) await lock(() => read(ended))
    },
    lastLines: () => (fatal === undefined || last.includes(fatal) ? [...last] : [fatal, ...last.slice(1)]),
    close: () => lock(close),
    remove: () =>
      lock(async () => {
        await close()
        await rm(file, { force: true })
        await rm(place, { force: true })
      }),
  }
}

async function readChunk(handle: FileHandle, offset: number): Promise<Buffer> {
  const buffer = Buffer.alloc(CHUNK_BYTES)
  const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, offset)
  return buffer.subarray(0, bytesRead)
}
