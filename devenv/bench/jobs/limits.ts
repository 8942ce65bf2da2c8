// `npm run bench:limits`: with a cpu_limit of 300 ms, from a message whose hook never ends to its record, and to the answer
// that another socket gets.
import { startEdgeServer } from '../../../servers/testing/edge-server.ts'
import { createSandboxFolder } from '../../../servers/testing/sandbox-folder.ts'
import { connectSocket } from '../../../servers/testing/socket-client.ts'
import { judge } from '../figures.ts'
import { OURS } from '../peers/peer.ts'
import type { Bench } from './job.ts'

const SCRIPT = `module.exports.default = {
  message(ws, data) {
    if (data === 'loop') while (true) {}
    ws.send(data)
  },
}
`
/** The line of the loop: the record has to name it. */
const LINE = 3

export async function benchLimits({ pace, report }: Bench): Promise<void> {
  const folder = await createSandboxFolder({ script: SCRIPT, edge: 'cpu_limit 100ms 300ms;' })
  const server = await startEdgeServer(folder.prefix)
  const url = server.url.replace('http', 'ws')
  const logged: number[] = []
  const answered: number[] = []
  try {
    for (let n = 0; n < pace.times; n++) {
      const [bad, good] = [await connectSocket(url), await connectSocket(url)]
      good.send('before')
      await good.next()
      const records = () => server.log.all().filter((line) => line.includes('SCRIPT_CPU_LIMIT')).length
      const before = records()
      const begunAt = performance.now()
      bad.send('loop')
      // Once the loop runs.
      await new Promise((resolve) => setTimeout(resolve, 20))
      good.send('after')
      const answering = good.next().then(() => answered.push(performance.now() - begunAt))
      while (records() === before) await new Promise(setImmediate)
      logged.push(performance.now() - begunAt)
      await answering
      good.close()
    }
    await server.log.until(new RegExp(`main\\.\\w+:${LINE}:`))
    report(
      judge({
        title: 'while (true) {} in a message hook, cpu_limit 300 ms',
        unit: 'ms',
        measured: [
          { peer: 'stopped and logged with its line', values: logged },
          { peer: `${OURS}, another socket answers`, values: answered },
        ],
        bars: [
          { text: 'logged', of: 'stopped and logged with its line', atMost: 600 },
          { text: 'another socket answers', of: `${OURS}, another socket answers`, atMost: 1000 },
        ],
      }),
    )
  } finally {
    await server.kill()
    await folder.remove()
  }
}
