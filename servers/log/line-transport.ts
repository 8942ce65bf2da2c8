// `error_log FILE` and `error_log stderr`: text for people, in nginx's form.
import { closeSync, openSync, writeSync } from 'node:fs'
import Transport from 'winston-transport'
import type { RecordBody } from '../contract/record.ts'
import { renderErrorLine } from './error-line.ts'

/** The message under which winston's formats hand a record on. */
const MESSAGE = Symbol.for('message')

/**
 * Appends lines to a file, or to standard error when there is no path. Writes are synchronous, as nginx's are: a line is in the file
 * when the process dies at the next one. What cannot be written (a full disk, a file that cannot be opened) is lost here and only here.
 */
export class LineTransport extends Transport {
  readonly #write: (line: string) => void
  #fd: number | undefined

  constructor({ path, level }: { path: string | undefined; level: string }) {
    super({ level })
    this.#write = (line) => {
      // Not the file descriptor 2: a pipe may be full, and Node's stream waits for it.
      if (path === undefined) process.stderr.write(line)
      else if (this.#fd !== undefined) writeSync(this.#fd, line)
    }
    try {
      if (path !== undefined) this.#fd = openSync(path, 'a', 0o640)
    } catch (error) {
      process.stderr.write(`edge-server: [alert] cannot open error_log "${path}": ${(error as Error).message}\n`)
    }
  }

  override log(info: Record<symbol, RecordBody>, next: () => void): void {
    try {
      this.#write(renderErrorLine(info[MESSAGE]!))
    } catch {
      // There is nowhere left to say it.
    }
    next()
  }

  override close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }
}
