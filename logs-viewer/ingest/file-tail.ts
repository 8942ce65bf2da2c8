// What is appended to one log file, line by line, from where the last look ended.
import { type FileHandle, open } from 'node:fs/promises'
import { LINE_BYTES_MAX, type Line } from '../store/lines.ts'

const CHUNK_BYTES = 64 * 1024
const NEWLINE = 10

/** Keeps a place in the file and nothing open between two looks, so that a removed file is let go of. */
export class FileTail {
  readonly #path: string
  #position = 0
  #inode: number | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** Goes to the end of the last complete line without reporting anything. */
  async skip(): Promise<void> {
    await this.#read(async (file, size) => {
      const length = Math.min(size, LINE_BYTES_MAX)
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
      const newline = buffer.lastIndexOf(NEWLINE)
      this.#position = newline === -1 ? size - length : size - length + newline + 1
    })
  }

  /**
   * Reports complete lines, in pieces, until there are no more; a line that is half written waits for its rest. A file that was
   * truncated or replaced is read from its beginning. A file that is not there has no lines.
   */
  async read(report: (lines: Line[]) => void): Promise<void> {
    await this.#read(async (file, size) => {
      let length = CHUNK_BYTES
      while (this.#position < size) {
        const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, this.#position)
        const bytes = buffer.subarray(0, bytesRead)
        const end = bytes.lastIndexOf(NEWLINE) + 1
        if (end > 0) {
          report(splitLines(bytes.subarray(0, end), this.#position))
          this.#position += end
          length = CHUNK_BYTES
        } else if (bytesRead < length) {
          return
        } else if (length < LINE_BYTES_MAX) {
          length = LINE_BYTES_MAX
        } else {
          // Nobody of ours writes such a line. It is passed over up to its end.
          await this.#passLine(file, size)
        }
      }
    })
  }

  async #passLine(file: FileHandle, size: number): Promise<void> {
    for (let place = this.#position; place < size; place += CHUNK_BYTES) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, place)
      const newline = buffer.subarray(0, bytesRead).indexOf(NEWLINE)
      if (newline === -1) continue
      this.#position = place + newline + 1
      return
    }
  }

  /** A new file may have got the inode of the removed one, and be longer: then the place is somewhere in a line. */
  async #followsNewline(file: FileHandle): Promise<boolean> {
    if (this.#position === 0) return true
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, this.#position - 1)
    return buffer[0] === NEWLINE
  }

  async #read(look: (file: FileHandle, size: number) => Promise<void>): Promise<void> {
    let file: FileHandle | undefined
    try {
      file = await open(this.#path)
      const { ino, size } = await file.stat()
      const isSame = ino === this.#inode && size >= this.#position && (await this.#followsNewline(file))
      if (!isSame) this.#position = 0
      this.#inode = ino
      await look(file, size)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error
      // Removed or not readable: the folder's next scan decides whether there is still something to tail.
    } finally {
      await file?.close()
    }
  }
}

function splitLines(bytes: Buffer, position: number): Line[] {
  const lines: Line[] = []
  let start = 0
  for (let stop = bytes.indexOf(NEWLINE); stop !== -1; stop = bytes.indexOf(NEWLINE, start)) {
    lines.push({ offset: position + start, text: bytes.toString('utf8', start, stop) })
    start = stop + 1
  }
  return lines
}
