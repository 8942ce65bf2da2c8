// The writers of a server's access logs: one for each target, whatever locations and generations write to it. A socket that outlives a
// reload still has its line written.
import { resolve } from 'node:path'
import type { AccessLogConf } from '../../contract/conf/conf.ts'
import type { createLogger } from '../../log/create-logger.ts'
import { createLineWriter, type LineWriter } from '../../log/line-writer.ts'
import type { Logger } from '../../log/logger.ts'

type CollectorConf = AccessLogConf['to'] & { kind: 'syslog' }
type LinesConf = Exclude<AccessLogConf['to'], CollectorConf>

export interface AccessLogs {
  /** Opens nothing before the first line. */
  linesOf(to: LinesConf): LineWriter
  /** Lines for the collector are records of the kind `access`, numbered for themselves. */
  recordsOf(to: CollectorConf): Logger
  /** After files were moved away: nginx's USR1. */
  reopen(): void
  /** Records from here on are this process's, whatever it calls itself. */
  knownAs(pid: number): void
  /** Resolves when every line has left, or after `ms`. */
  close(ms: number): Promise<void>
}

export interface AccessLogsOptions {
  /** What files are relative to, absolute. */
  readonly prefix: string
  readonly releaseName: string | undefined
  readonly createLogger: typeof createLogger
  /** Hears of what cannot be written, and of dropped lines. */
  tell(problem: string): void
}

export function createAccessLogs({ prefix, releaseName, createLogger, tell }: AccessLogsOptions): AccessLogs {
  const lines = new Map<string, LineWriter>()
  const records = new Map<string, Logger>()
  let pid: number | undefined
  return {
    linesOf(to) {
      const target = to.kind === 'file' ? { ...to, path: resolve(prefix, to.path) } : to
      const key = JSON.stringify(target)
      const writer = lines.get(key) ?? createLineWriter(target, tell)
      lines.set(key, writer)
      return writer
    },
    recordsOf({ path, tag }) {
      const key = JSON.stringify([path, tag])
      const logger =
        records.get(key) ??
        createLogger({
          // Each line has the severity of its own directive, and all of them are wanted.
          errorLogs: [{ kind: 'syslog', path, tag, severity: 'debug' }],
          ...{ prefix, kind: 'access' },
          ...(releaseName === undefined ? {} : { release: releaseName }),
        })
      if (pid !== undefined) logger.knownAs(pid)
      records.set(key, logger)
      return logger
    },
    reopen() {
      for (const writer of lines.values()) writer.reopen()
    },
    knownAs(number) {
      pid = number
      for (const logger of records.values()) logger.knownAs(number)
    },
    async close(ms) {
      await Promise.all([...lines.values(), ...records.values()].map((writer) => writer.close(ms)))
    },
  }
}
