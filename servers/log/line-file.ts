// Lines to a file or to standard error, a write for many of them, in the thread pool: a slow disk or a full pipe holds nobody up.
import { close, closeSync, openSync, write } from 'node:fs'
import type { LineWriter } from './line-writer.ts'

/** Lines are gathered for so long, or until there is so much of them. */
const BATCH_MS = 2
const BATCH_LENGTH = 64 * 1024

/** Characters that may wait for a slow file; what does not fit is dropped and counted. */
const WAITING_LENGTH_MAX = 4 * 1024 * 1024

/** After a failed write or open: full disks are tidied, pipes are read. Every problem is told once, until writing works again. */
const RETRY_MS = 1000
/** A pipe that nobody reads just now. */
const RETRY_FULL_PIPE_MS = 10

const STDERR = 2

export class LineFile implements LineWriter {
  readonly #path: string | undefined
  readonly #tell: (problem: string) => void
  #fd: number | undefined
  #waiting = ''
  /** What a failed write has left of its batch. */
  #unwritten: Buffer | undefined
  #dropped = 0
  #writing = false
  /** What belongs into the old file while a new one is due; undefined when none is. */
  #last: string | undefined
  #failing = false
  #timer: NodeJS.Timeout | undefined
  #flushed: (() => void) | undefined
  #closed = false

  constructor(target: { kind: 'file'; path: string } | { kind: 'stderr' }, tell: (problem: string) => void) {
    this.#path = target.kind === 'file' ? target.path : undefined
    this.#tell = tell
  }

  write(line: string): void {
    if (this.#closed) return
    if (this.#waiting.length + line.length >= WAITING_LENGTH_MAX) {
      this.#dropped++
      return
    }
    this.#waiting += line
    this.#waiting += '\n'
    if (this.#timer === undefined && !this.#writing) this.#later(BATCH_MS)
    else if (this.#waiting.length >= BATCH_LENGTH && !this.#writing && !this.#failing) this.#writeBatch()
  }

  reopen(): void {
    if (this.#path === undefined || this.#fd === undefined || this.#last !== undefined) return
    this.#last = this.#waiting
    this.#waiting = ''
    if (!this.#failing) this.#writeBatch()
  }

  async close(ms: number): Promise<void> {
    this.#closed = true
    const late = setTimeout(() => this.#flushed?.(), ms)
    await new Promise<void>((resolve) => {
      this.#flushed = resolve
      this.#writeBatch()
    })
    clearTimeout(late)
    clearTimeout(this.#timer)
    if (this.#dropped > 0) this.#tellDropped()
    // While a write is under way the descriptor is the thread pool's; the end of the process closes it.
    if (!this.#writing) this.#closeFile()
  }

  #later(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#writeBatch(), ms)
  }

  #writeBatch(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#writing) return
    if (this.#last === '' && this.#unwritten === undefined) this.#reopenFile()
    if (this.#waiting === '' && this.#unwritten === undefined && this.#last === undefined) {
      this.#flushed?.()
      return
    }
    const fd = this.#openFile()
    if (fd === undefined) {
      this.#later(RETRY_MS)
      return
    }
    const batch = this.#unwritten ?? this.#takeBatch()
    this.#writing = true
    this.#writeFrom(fd, batch, 0)
  }

  #takeBatch(): Buffer {
    const batch = Buffer.from(this.#last ?? this.#waiting)
    if (this.#last === undefined) this.#waiting = ''
    else this.#last = ''
    return batch
  }

  #writeFrom(fd: number, batch: Buffer, start: number): void {
    write(fd, batch, start, batch.length - start, null, (error, written) => {
      if (error === null && start + written < batch.length) {
        this.#writeFrom(fd, batch, start + written)
        return
      }
      this.#writing = false
      // The rest begins where the file stands: nothing is written twice, nothing torn.
      this.#unwritten = error === null ? undefined : batch.subarray(start)
      if (error === null) this.#onWritten()
      else this.#onFailed(error)
    })
  }

  #onWritten(): void {
    this.#failing = false
    if (this.#dropped > 0) this.#tellDropped()
    if (this.#last !== undefined || this.#waiting.length >= BATCH_LENGTH || this.#flushed !== undefined)
      this.#writeBatch()
    else if (this.#waiting !== '') this.#later(BATCH_MS)
  }

  #onFailed(error: NodeJS.ErrnoException): void {
    if (error.code === 'EAGAIN') {
      this.#later(RETRY_FULL_PIPE_MS)
      return
    }
    this.#fail(error)
    this.#reopenFile()
    this.#later(RETRY_MS)
  }

  #openFile(): number | undefined {
    if (this.#path === undefined) return STDERR
    try {
      this.#fd ??= openSync(this.#path, 'a', 0o640)
    } catch (error) {
      this.#fail(error as Error)
    }
    return this.#fd
  }

  #reopenFile(): void {
    if (this.#last === undefined) return
    this.#waiting = this.#last + this.#waiting
    this.#last = undefined
    this.#closeFile()
    this.#openFile()
  }

  #closeFile(): void {
    const fd = this.#fd
    this.#fd = undefined
    if (fd === undefined) return
    if (this.#closed) closeSync(fd)
    else close(fd, () => {})
  }

  #fail(error: Error): void {
    if (this.#failing) return
    this.#failing = true
    this.#tell(`Cannot write ${this.#name()}: ${error.message}`)
  }

  #tellDropped(): void {
    this.#tell(`${this.#dropped} lines for ${this.#name()} were dropped: it did not take them in time`)
    this.#dropped = 0
  }

  #name(): string {
    return this.#path ?? 'stderr'
  }
}
