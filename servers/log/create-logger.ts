// The logger of a server: takes records at once, and brings winston in soon after the first one.
//
//   const logger = createLogger({ errorLogs: conf.errorLogs, prefix, release })
//   logger.write({ severity: 'info', message: 'joined', fields: { room: 5 } })
//   await logger.close(1000)
import type { ErrorLog } from '../contract/conf/conf.ts'
import { type RecordBody, type Severity, severityNumber } from '../contract/record.ts'
import { createRun } from '../contract/run.ts'
import type { UnnumberedBody } from '../contract/syslog.ts'
import type { Entry, Logger } from './logger.ts'
import { plainFields } from './plain-fields.ts'
import type { WinstonLogger } from './winston-logger.ts'

/** Records that wait until winston is there; more are dropped and counted. */
const WAITING_MAX = 10_000

/** To load winston takes 20 ms of a start: first what a server was started for is answered. What is bad is written at once. */
const LOAD_AFTER_MS = 100
const LOAD_AT_ONCE = severityNumber('error')

export interface LoggerOptions {
  readonly errorLogs: readonly ErrorLog[]
  /** What the files of `error_log` are relative to. */
  readonly prefix: string
  /** Goes into every record. */
  readonly release?: string
  /** Of every record. Default: what somebody has logged. */
  readonly kind?: RecordBody['kind']
  /** For tests. Default: the machine's clock. */
  readonly now?: () => Date
}

/** Loads what the first record brings in, before it is needed. */
export async function loadLogger(): Promise<void> {
  await import('./winston-logger.ts')
}

/** Nothing is opened and nothing loaded before a first record that one of the error logs wants. */
export function createLogger({ errorLogs, prefix, release, kind, now = () => new Date() }: LoggerOptions): Logger {
  const wanted = Math.max(-1, ...errorLogs.map((errorLog) => severityNumber(errorLog.severity)))
  let waiting: UnnumberedBody[] = []
  let waitingDropped = 0
  let winston: WinstonLogger | undefined
  let loading: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let pid = process.pid

  const timeOf = createTimeText()
  // A property after the other: this is done for every record, and a spread for each costs as much as all the rest.
  const createBody = ({ severity, message, request, stack, fields }: Entry): UnnumberedBody => {
    const body: { -readonly [Key in keyof UnnumberedBody]: UnnumberedBody[Key] } = {
      time: timeOf(now()),
      severity,
      message,
      pid,
    }
    if (kind !== undefined) body.kind = kind
    if (release !== undefined) body.release = release
    if (request !== undefined) body.request = request
    if (stack !== undefined) body.stack = stack
    if (fields !== undefined) body.fields = plainFields(fields)
    return body
  }
  const createNote = (severity: Severity, message: string) => createBody({ severity, message })

  const load = async () => {
    clearTimeout(timer)
    const { createWinstonLogger } = await import('./winston-logger.ts')
    winston = createWinstonLogger({
      ...{ errorLogs, prefix, createNote },
      createRun: () => createRun(now().getTime(), Math.random),
    })
    for (const body of waiting) winston.write(body)
    waiting = []
    if (waitingDropped > 0) winston.write(createNote('warn', `${waitingDropped} records were dropped while starting`))
  }

  return {
    write(entry) {
      if (closed || severityNumber(entry.severity) > wanted) return
      if (winston !== undefined) return winston.write(createBody(entry))
      if (waiting.length < WAITING_MAX) waiting.push(createBody(entry))
      else waitingDropped++
      if (loading !== undefined) return
      if (severityNumber(entry.severity) <= LOAD_AT_ONCE) loading = load()
      else {
        timer ??= setTimeout(() => {
          loading ??= load()
        }, LOAD_AFTER_MS)
      }
    },
    knownAs(number) {
      pid = number
    },
    async close(deadlineMs) {
      closed = true
      if (timer !== undefined) loading ??= load()
      await loading
      await winston?.close(deadlineMs)
    },
  }
}

/** A busy server writes many records in a millisecond. */
function createTimeText(): (time: Date) => string {
  let lastMs = Number.NaN
  let text = ''
  return (time) => {
    const ms = time.getTime()
    if (ms !== lastMs) text = time.toISOString()
    lastMs = ms
    return text
  }
}
