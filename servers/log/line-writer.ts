// Raw lines for `access_log`: gathered, written behind the back of whoever writes them, bounded.
//
//   const writer = createLineWriter({ kind: 'file', path: '/yard/logs/access.log' }, (problem) => logger.write(…))
//   writer.write('127.0.0.1 - - "GET / HTTP/1.1" 200 5')
//   writer.reopen()            // after the file was moved away: nginx's USR1
//   await writer.close(1000)

import type { Severity } from '../contract/record.ts'
import { type Facility, frameText } from '../contract/syslog.ts'
import { LineFile } from './line-file.ts'
import { SyslogClient } from './syslog-client.ts'

export type LineTarget =
  /** Absolute, or relative to the working folder. Made with mode 0640 when it is missing. */
  | { readonly kind: 'file'; readonly path: string }
  /** `path` is the collector's Unix stream socket. Facility: default `local7`, as in nginx. */
  | {
      readonly kind: 'syslog'
      readonly path: string
      readonly tag: string
      readonly facility?: Facility
      readonly severity: Severity
    }
  | { readonly kind: 'stderr' }

export interface LineWriter {
  /** One line, without its newline. Never blocks, never throws, keeps the order. Dropped, and counted, when too much waits. */
  write(line: string): void
  /** Opens the file anew; lines that were written before go into the old one. Nothing to do for the others. */
  reopen(): void
  /** Resolves when every line has left, or after `ms`; lines that come later are ignored. Call it once. */
  close(ms: number): Promise<void>
}

/** Opens nothing before the first line. `tell` hears of what went wrong: a file that cannot be written, a count of dropped lines. */
export function createLineWriter(target: LineTarget, tell: (problem: string) => void): LineWriter {
  return target.kind === 'syslog' ? createSyslogWriter(target, tell) : new LineFile(target, tell)
}

function createSyslogWriter(
  { path, tag, severity, facility = 'local7' }: LineTarget & { kind: 'syslog' },
  tell: (problem: string) => void,
): LineWriter {
  const frame = (line: string) =>
    frameText({ tag, severity, facility, pid: process.pid, time: new Date().toISOString() }, line)
  const client = new SyslogClient({
    path,
    renderDropped(count) {
      const problem = `${count} lines for ${path} were dropped: the log collector did not take them in time`
      tell(problem)
      return frame(problem)
    },
  })
  return {
    write: (line) => client.send(frame(line)),
    reopen() {},
    async close(ms) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms)
      })
      await Promise.race([client.flush(), late])
      clearTimeout(timer)
      client.destroy()
    },
  }
}
