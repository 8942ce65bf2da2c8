// The writers of a server's access logs: one for each target, whatever locations and generations write to it. A socket that outlives a
// reload still has its line written.
import { resolve } from 'node:path'
import type { AccessLogConf } from '../../contract/conf/conf.ts'
import { createLineWriter, type LineWriter } from '../../log/line-writer.ts'

export interface AccessLogs {
  /** Opens nothing before the first line. */
  writerOf(to: AccessLogConf['to']): LineWriter
  /** After files were moved away: nginx's USR1. */
  reopen(): void
  /** Resolves when every line has left, or after `ms`. */
  close(ms: number): Promise<void>
}

/** `prefix` is what files are relative to, absolute; `tell` hears of what cannot be written, and of dropped lines. */
export function createAccessLogs(prefix: string, tell: (problem: string) => void): AccessLogs {
  const writers = new Map<string, LineWriter>()
  return {
    writerOf(to) {
      const target = to.kind === 'file' ? { ...to, path: resolve(prefix, to.path) } : to
      const key = JSON.stringify(target)
      const writer = writers.get(key) ?? createLineWriter(target, tell)
      writers.set(key, writer)
      return writer
    },
    reopen() {
      for (const writer of writers.values()) writer.reopen()
    },
    async close(ms) {
      await Promise.all([...writers.values()].map((writer) => writer.close(ms)))
    },
  }
}
