// `npm run bench:reload`: with code_cache stat, from an edit to the first message on an open socket that the new code answers.
import { connectSocket } from '../../../servers/testing/socket-client.ts'
import { judge } from '../figures.ts'
import { startEdge } from '../peers/edge.ts'
import { OURS } from '../peers/peer.ts'
import type { Bench } from './job.ts'

/** Edits come when they come: up to this long after the last one. */
const PAUSE_MS_MAX = 250
const DEADLINE_MS = 5000

export async function benchReload({ pace, report }: Bench): Promise<void> {
  const edge = await startEdge({ codeCache: 'stat', script: scriptSaying('v0') })
  try {
    const socket = await connectSocket(`ws://127.0.0.1:${edge.port}/`)
    const answer = async () => {
      socket.send('x')
      return await socket.next()
    }
    const took: number[] = []
    for (let n = 1; n <= pace.times * 3; n++) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * PAUSE_MS_MAX))
      await answer()
      await edge.folder.writeScript(scriptSaying(`v${n}`))
      const begunAt = performance.now()
      while ((await answer()) !== `v${n}`) {
        if (performance.now() - begunAt > DEADLINE_MS) throw new Error('The new code is never live')
      }
      took.push(performance.now() - begunAt)
    }
    socket.close()
    report(
      judge({
        title: 'an edit → the next message answers with the new code',
        unit: 'ms',
        measured: [{ peer: OURS, values: took }],
        bars: [{ text: OURS, of: OURS, atMost: 5 }],
      }),
    )
  } finally {
    await edge.stop()
  }
}

function scriptSaying(version: string): string {
  return `module.exports.default = { message: (ws) => { ws.send('${version}') } }\n`
}
