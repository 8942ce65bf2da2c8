// `npm run bench:push -- switches`: pushes in a row under many clients of every kind. Nobody may notice.
import { Agent } from 'node:http'
import { createTally, type LoadOptions, loadHttp, loadSocket, type Tally, type Versions } from '../../e2e/load.ts'
import { namedScript } from '../../e2e/scripts.ts'
import { run } from '../../e2e/yard.ts'
import type { Row, Section } from '../row.ts'
import type { Pace } from './main.ts'
import { createPushYard } from './push-yard.ts'

const CLIENTS = { fresh: 32, kept: 32, sockets: 200 }
/** All clients together ask about 2,600 times a second: the pushes need the machine, too. */
const PAUSE_MS = 100

export async function benchSwitches({ switches }: Pace, report: (section: Section) => void): Promise<void> {
  const yard = await createPushYard(1)
  const stop = new AbortController()
  const running: Promise<void>[] = []
  try {
    const [pusher] = await yard.pushers('local path', 1, 1)
    const { clone, url, args, env } = pusher!
    const push = async (version: number) => {
      await clone.write('src/main.ts', namedScript(`v${version}`))
      await clone.commit(`v${version}`)
      const { exitCode, output } = await run('git', ['push', ...args], { cwd: clone.folder, env })
      if (exitCode !== 0) throw new Error(output)
    }
    await push(0)
    const versions: Versions = { live: 0, pushed: 0 }
    const tallies = { kept: createTally(), fresh: createTally(), sockets: createTally() }
    const under = (tally: Tally): LoadOptions => ({ versions, tally, stop: stop.signal, pauseMs: PAUSE_MS })
    const socketUrl = url.replace('http:', 'ws:')
    const agent = () => new Agent({ keepAlive: true, maxSockets: 1 })
    for (let n = 0; n < CLIENTS.kept; n++) running.push(loadHttp(url, under(tallies.kept), agent()))
    for (let n = 0; n < CLIENTS.fresh; n++) running.push(loadHttp(url, under(tallies.fresh)))
    for (let n = 0; n < CLIENTS.sockets; n++) running.push(loadSocket(socketUrl, under(tallies.sockets)))
    for (let n = 1; n <= switches; n++) {
      versions.pushed = n
      await push(n)
      versions.live = n
    }
    stop.abort()
    await Promise.all(running)
    const { restarts } = await yard.yard.sandbox('socketserver', 'dev1')
    report({
      title: `${switches} switches under load: refused, reset, cut or wrong`,
      rows: [
        row(`${CLIENTS.kept} HTTP clients on kept connections`, tallies.kept),
        row(`${CLIENTS.fresh} HTTP clients on new connections`, tallies.fresh),
        row(`${CLIENTS.sockets} WebSockets, closed other than with 1012`, tallies.sockets),
        { title: 'restarts nobody asked for', unit: '', values: [restarts], atMost: 0 },
      ],
    })
  } finally {
    stop.abort()
    await Promise.all(running)
    await yard.stop()
  }
}

function row(title: string, { failed, answers, reconnects, longestGapMs, notes }: Tally): Row {
  const { refused, reset, cut, wrong } = failed
  const met = reconnects > 0 ? `, ${reconnects} closed with 1012` : ''
  const gap = `longest gap ${longestGapMs.toFixed(0)} ms`
  const note = [`${answers} answers${met}; ${gap}`, ...notes].join('; ')
  return { title, unit: '', values: [refused + reset + cut + wrong], atMost: 0, note }
}
