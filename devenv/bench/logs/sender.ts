// A process that logs at a steady pace, and says what that cost it. The job starts it: `sender.js '{"through":…}'`.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
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
  readonly lagMs: number
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
  const delay = monitorEventLoopDelay({ resolution: TICK_MS })
  const cpu = process.cpuUsage()
  const begin = performance.now()
  delay.enable()
  for (let done = 0; done < count; await pause(TICK_MS)) {
    const due = Math.min(count, Math.floor(((performance.now() - begin) * perSecond) / 1000))
    for (; done < due; done++) writer.write(written++)
  }
  delay.disable()
  const { user, system } = process.cpuUsage(cpu)
  await writer.close()
  return { cpuUs: (user + system) / count, lagMs: delay.max / 1e6 - TICK_MS, written }
}

process.send?.(await run(JSON.parse(process.argv[2]!)))
process.exit()
