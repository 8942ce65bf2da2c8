// Where winston is imported: some 40 ms and 10 MB that a server spends with its first record, not with its start.
import { isAbsolute, join } from 'node:path'
import winston from 'winston'
import type Transport from 'winston-transport'
import type { ErrorLog } from '../contract/conf/conf.ts'
import { SEVERITIES, type Severity } from '../contract/record.ts'
import type { UnnumberedBody } from '../contract/syslog.ts'
import { Batcher } from './batcher.ts'
import { LineTransport } from './line-transport.ts'
import { SyslogTransport } from './syslog-transport.ts'

export interface WinstonLoggerOptions {
  readonly errorLogs: readonly ErrorLog[]
  /** What relative files are relative to. */
  readonly prefix: string
  createNote(severity: Severity, message: string): UnnumberedBody
  /** Names the numbers of one destination. */
  createRun(): string
}

export interface WinstonLogger {
  write(body: UnnumberedBody): void
  /** Resolves when every transport has flushed, or after `deadlineMs`; then everything is let go of. */
  close(deadlineMs: number): Promise<void>
}

export function createWinstonLogger(options: WinstonLoggerOptions): WinstonLogger {
  const toCollector = options.errorLogs.filter(({ kind }) => kind === 'syslog')
  // Lines are written at once, as nginx's are; what goes to the collector goes in batches, each a message of winston's.
  const lines = createStream(
    options.errorLogs.filter((errorLog) => !toCollector.includes(errorLog)),
    options,
  )
  const batches = createStream(toCollector, options)
  const batcher = new Batcher<UnnumberedBody>((bodies) => batches?.log('emerg', bodies))
  return {
    write(body) {
      lines?.log(body.severity, body)
      if (batches !== undefined) batcher.add(body)
    },
    async close(deadlineMs) {
      batcher.flush()
      await Promise.all([lines?.close(deadlineMs), batches?.close(deadlineMs)])
    },
  }
}

interface Stream {
  log(level: Severity, message: unknown): void
  close(deadlineMs: number): Promise<void>
}

/** Undefined without a destination. */
function createStream(errorLogs: readonly ErrorLog[], options: WinstonLoggerOptions): Stream | undefined {
  if (errorLogs.length === 0) return undefined
  const transports = errorLogs.map((errorLog) => createTransport(errorLog, options))
  const logger = winston.createLogger({
    levels: Object.fromEntries(SEVERITIES.map((severity, number) => [severity, number])),
    level: 'debug',
    // Transports render records themselves; winston's own default would make JSON of each.
    format: winston.format((info) => info)(),
    transports,
  })
  return {
    log(level, message) {
      logger.log({ level, message: '', [MESSAGE]: message } as winston.LogEntry)
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

function createTransport(errorLog: ErrorLog, { prefix, createNote, createRun }: WinstonLoggerOptions): Transport {
  const level = errorLog.severity
  if (errorLog.kind === 'syslog') return new SyslogTransport({ ...errorLog, level, run: createRun(), createNote })
  if (errorLog.kind === 'stderr') return new LineTransport({ path: undefined, level })
  return new LineTransport({ path: isAbsolute(errorLog.path) ? errorLog.path : join(prefix, errorLog.path), level })
}
