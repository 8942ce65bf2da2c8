// Raw lines for `access_log`: gathered, written behind the back of whoever writes them, bounded.
//
//   const writer = createLineWriter({ kind: 'file', path: '/yard/logs/access.log' }, (problem) => logger.write(…))
//   writer.write('127.0.0.1 - - "GET / HTTP/1.1" 200 5')
//   writer.reopen()            // after the file was moved away: nginx's USR1
//   await writer.close(1000)

import { LineFile } from './line-file.ts'

export type LineTarget =
  /** Absolute, or relative to the working folder. Made with mode 0640 when it is missing. */
  { readonly kind: 'file'; readonly path: string } | { readonly kind: 'stderr' }

export interface LineWriter {
  /** One line, without its newline. Never blocks, never throws, keeps the order. Dropped, and counted, when too much waits. */
  write(line: string): void
  /** Opens the file anew; lines that were written before go into the old one. Nothing to do for stderr. */
  reopen(): void
  /** Resolves when every line has left, or after `ms`; lines that come later are ignored. Call it once. */
  close(ms: number): Promise<void>
}

/** Opens nothing before the first line. `tell` hears of what went wrong: a file that cannot be written, a count of dropped lines. */
export function createLineWriter(target: LineTarget, tell: (problem: string) => void): LineWriter {
  return new LineFile(target, tell)
}
