// `npm run bench:logs -- sender`: what logging costs the server that logs.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createGapFinder } from '../../../servers/contract/gaps.ts'
import type { LogRecord } from '../../../servers/contract/record.ts'
import { createRsyslogd } from '../../../servers/log/rsyslogd.fixture.ts'
import type { Section } from '../row.ts'
import type { Pace } from './main.ts'
import { UNLIMITED } from './rsyslog-values.ts'
import type { SenderFigures, SenderTask } from './sender.ts'

const PER_SECOND = 80_000
/** At this pace winston-syslog itself falls behind, and its figures would be those of a full queue. */
const PER_SECOND_PLAIN = 10_000
const CPU_US = 3
const LAG_MS = 15
/** Longer than rsyslogd pauses while there is something to write. */
const QUIET_MS = 1_000
const EARLY = /^(\d+) records were dropped while starting$/
const PROGRAM = fileURLToPath(new URL('sender.js', import.meta.url))

export async function benchSender(pace: Pace, report: (section: Section) => void): Promise<void> {
  const seconds = pace.quick ? 2 : 5
  const rsyslogd = createRsyslogd(['master', 'dev1'], { values: UNLIMITED })
  const sink = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
  await Promise.all([rsyslogd.start(), once(sink, 'listening')])
  const task = { path: rsyslogd.socket('dev1'), port: (sink.address() as AddressInfo).port, seconds }
  const [cpu, ratios, lags, ownLags, idleLags, paces]: number[][] = [[], [], [], [], [], []]
  let written = 0
  let loss = { gaps: 0, silent: 0 }
  try {
    for (let round = 0; round < pace.rounds; round++) {
      // What it costs to make the records and to wait is nobody's who sends them.
      const making = await send({ ...task, through: 'nothing', perSecond: PER_SECOND })
      const ours = await send({ ...task, through: 'edgeyard', perSecond: PER_SECOND })
      const makingFew = await send({ ...task, through: 'nothing', perSecond: PER_SECOND_PLAIN })
      const plain = await send({ ...task, through: 'winston-syslog', perSecond: PER_SECOND_PLAIN })
      cpu!.push(ours.cpuUs - making.cpuUs)
      ratios!.push((ours.cpuUs - making.cpuUs) / (plain.cpuUs - makingFew.cpuUs))
      lags!.push(ours.lagMs)
      ownLags!.push(ours.ownLagMs)
      idleLags!.push(making.lagMs)
      paces!.push(ours.perSecond)
      written += ours.written
    }
    await settled(() => rsyslogd.bytes('socketserver', 'dev1'))
    await rsyslogd.stop('SIGTERM')
    loss = account(rsyslogd.eachLine('socketserver', 'dev1'), written)
  } finally {
    sink.close()
    await rsyslogd.remove()
  }
  report({
    title: `A server that logs ${PER_SECOND} records a second`,
    rows: [
      { title: 'CPU for each', unit: 'µs', values: cpu!, atMost: CPU_US, judged: 'best' },
      { title: 'lag of its event loop, the longest', unit: 'ms', values: lags!, atMost: LAG_MS, judged: 'best' },
      { title: '  without waiting for a processor', unit: 'ms', values: ownLags!, atMost: LAG_MS, judged: 'best' },
      { title: '  of a process that sends nothing', unit: 'ms', values: idleLags! },
      { title: 'records it has written', unit: '/s', values: paces! },
      {
        title: 'CPU beside winston-syslog as it comes',
        unit: '×',
        values: ratios!,
        note: `that at ${PER_SECOND_PLAIN}/s`,
      },
      { title: 'lost, and shown as a gap', unit: '', values: [loss.gaps], note: 'none where rsyslogd gets its CPU' },
      { title: 'lost silently', unit: '', values: [loss.silent], atMost: 0 },
    ],
  })
}

/** What has been sent is still in sockets and queues, and nothing comes behind it that would show it to be missing. */
async function settled(bytes: () => number): Promise<void> {
  for (let before = -1, now = bytes(); now !== before; now = bytes()) {
    before = now
    await setTimeout(QUIET_MS)
  }
}

/** What was written and is neither there nor missing in the numbers; the process counts its own words on what it dropped, too. */
function account(lines: Iterable<LogRecord>, written: number): { gaps: number; silent: number } {
  const findGap = createGapFinder({ since: '2020-01-01T00:00:00.000Z' })
  let [found, gaps, early] = [0, 0, 0]
  for (const line of lines) {
    gaps += findGap(line).missing
    // Those have no numbers yet: a record tells how many they were.
    early += Number(EARLY.exec(line.message)?.[1] ?? 0)
    if (line.kind !== 'count' && !line.message.includes('were dropped')) found++
  }
  return { gaps, silent: Math.max(0, written - found - gaps - early) }
}

async function send(task: SenderTask): Promise<SenderFigures> {
  const child = fork(PROGRAM, [JSON.stringify(task)], { execArgv: [], env: { NODE_ENV: 'production' } })
  const [figures] = (await once(child, 'message')) as [SenderFigures]
  if (child.exitCode === null) await once(child, 'exit')
  return figures
}
