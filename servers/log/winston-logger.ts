// Where winston is imported: some 40 ms and 10 MB that a server spends with its first record, not with its start.
import { isAbsolute, join } from 'node:path'
import winston from 'winston'
import type Transport from 'winston-transport'
import type { ErrorLog } from '../contract/conf/conf.ts'
import { type RecordBody, SEVERITIES, type Severity } from '../contract/record.ts'
import { LineTransport } from './line-transport.ts'
import { SyslogTransport } from './syslog-transport.ts'

/** A record before a destination has numbered it. */
export type UnnumberedBody = Omit<RecordBody, 'seq'>

export interface WinstonLoggerOptions {
  readonly errorLogs: readonly ErrorLog[]
  /** What relative files are relative to. */
  readonly prefix: string
  createNote(severity: Severity, message: string): UnnumberedBody
}

export interface WinstonLogger {
  write(body: UnnumberedBody): void
  /** Resolves when every transport has flushed, or after `deadlineMs`; then everything is let go of. */
  close(deadlineMs: number): Promise<void>
}

export function createWinstonLogger(options: WinstonLoggerOptions): WinstonLogger {
  const transports = options.errorLogs.map((errorLog) => createTransport(errorLog, options))
  const logger = winston.createLogger({
    levels: Object.fromEntries(SEVERITIES.map((severity, number) => [severity, number])),
    level: 'debug',
    // Transports render records themselves; winston's own default would make JSON of each.
    format: winston.format((info) => info)(),
    transports,
  })
  return {
    write(body) {
      logger.log({ level: body.severity, message: '', [MESSAGE]: body } as winston.LogEntry)
    },
    async close(deadlineMs) {
      const ended = new Promise((resolve) => logger.once('finish', resolve))
      const timer = AbortSignal.timeout(deadlineMs)
      const late = new Promise((resolve) => timer.addEventListener('abort', resolve))
      // `end` also ends the transports, so what the logger still holds for them must have left it.
      while (logger.readableLength > 0 && !timer.aborted) await new Promise((resolve) => setImmediate(resolve))
      logger.end()
      await Promise.race([ended, late])
      for (const transport of transports) transport.close?.()
    },
  }
}

const MESSAGE = Symbol.for('message')

function createTransport(errorLog: ErrorLog, { prefix, createNote }: WinstonLoggerOptions): Transport {
  const level = errorLog.severity
  if (errorLog.kind === 'syslog') return new SyslogTransport({ ...errorLog, level, createNote })
  if (errorLog.kind === 'stderr') return new LineTransport({ path: undefined, level })
  return new LineTransport({ path: isAbsolute(errorLog.path) ? errorLog.path : join(prefix, errorLog.path), level })
}
