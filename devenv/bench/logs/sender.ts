// A process that logs at a steady pace, and says what that cost it. The job starts it: `sender.js '{"through":…}'`.
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import winston from 'winston'
import { Syslog } from 'winston-syslog'
import { createLogger } from '../../../servers/log/create-logger.ts'

export interface SenderTask {
  /** `nothing`: what the making of the records costs, without sending any. */
  readonly through: 'edgeyard' | 'winston-syslog' | 'nothing'
  /** A socket of rsyslogd's, or a port of somebody who reads. */
  readonly path: string
  readonly port: number
  readonly perSecond: number
  readonly seconds: number
}

export interface SenderFigures {
  readonly cpuUs: number
  /** How much later than it should a turn of the event loop came, at most. */
  readonly lagMs: number
  /** The same without what the process waited for a processor, because others had them all. */
  readonly ownLagMs: number
  /** What it has come to: the pace, unless it never got its processor. */
  readonly perSecond: number
  readonly written: number
}

interface Written {
  write(number: number): void
  close(): Promise<void>
}

const CLOSE_DEADLINE_MS = 30_000
/** The code is compiled and everything is loaded before it is measured. */
const WARM_UP = 20_000
const TICK_MS = 1
/** Who could not run makes up for it little by little: all of it in one turn would be a lag of the bench's own. */
const CATCH_UP_MS_MAX = 4

function createWriter({ through, path, port }: SenderTask): Written {
  const fieldsOf = (i: number) => ({ room: i % 100, ms: i % 37, family: 'north' })
  const messageOf = (i: number) => `player ${i} joined room ${i % 100}`
  const request = '8f3c2a91d5e64b7f8f3c2a91d5e64b7f'
  if (through === 'edgeyard') {
    const errorLog = { kind: 'syslog', path, tag: 'socketserver', severity: 'debug' } as const
    const logger = createLogger({ errorLogs: [errorLog], prefix: '/', release: '4f2a91c8e012' })
    return {
      write: (i) => logger.write({ severity: 'info', message: messageOf(i), request, fields: fieldsOf(i) }),
      close: () => logger.close(CLOSE_DEADLINE_MS),
    }
  }
  if (through === 'nothing') {
    let last: unknown
    return {
      write: (i) => {
        last = { severity: 'info', message: messageOf(i), request, fields: fieldsOf(i) }
      },
      close: async () => void last,
    }
  }
  // As its README says, over TCP, with the line ends without which nobody can read it.
  const options = { host: '127.0.0.1', port, protocol: 'tcp4', path: '', app_name: 'socketserver', eol: '\n' }
  const transport = Reflect.construct(Syslog, [{ ...options, level: 'debug', type: '5424' }])
  const logger = winston.createLogger({ levels: winston.config.syslog.levels, level: 'debug', transports: [transport] })
  return {
    write: (i) => logger.info(messageOf(i), { request, ...fieldsOf(i) }),
    close: async () => void logger.close(),
  }
}

async function run(task: SenderTask): Promise<SenderFigures> {
  const { perSecond, seconds } = task
  const writer = createWriter(task)
  let written = 0
  for (; written < WARM_UP; written++) {
    writer.write(written)
    if (written % 200 === 0) await pause(TICK_MS)
  }
  await pause(500)
  const count = perSecond * seconds
  const mostAtOnce = (perSecond * CATCH_UP_MS_MAX) / 1000
  const cpu = process.cpuUsage()
  const begin = performance.now()
  let [lagMs, ownLagMs] = [0, 0]
  let [turnMs, waitedMs] = [begin, readWaitedMs()]
  for (let done = 0; done < count; ) {
    const due = Math.min(count, done + mostAtOnce, Math.floor(((performance.now() - begin) * perSecond) / 1000))
    for (; done < due; done++) writer.write(written++)
    await pause(TICK_MS)
    const [nowMs, nowWaitedMs] = [performance.now(), readWaitedMs()]
    const lateMs = nowMs - turnMs - TICK_MS
    lagMs = Math.max(lagMs, lateMs)
    ownLagMs = Math.max(ownLagMs, lateMs - (nowWaitedMs - waitedMs))
    ;[turnMs, waitedMs] = [nowMs, nowWaitedMs]
  }
  const { user, system } = process.cpuUsage(cpu)
  const took = (performance.now() - begin) / 1000
  await writer.close()
  return { cpuUs: (user + system) / count, lagMs, ownLagMs, perSecond: count / took, written }
}

/** How long the main thread has been ready to run, and another one ran. */
function readWaitedMs(): number {
  return Number(readFileSync('/proc/self/schedstat', 'latin1').split(' ')[1]) / 1e6
}

process.send?.(await run(JSON.parse(process.argv[2]!)))
process.exit()
