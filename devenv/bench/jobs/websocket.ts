// `npm run bench:ws`: echoes of two sizes over few and many sockets, a burst, and one message to everybody.
import { type Bar, judge } from '../figures.ts'
import type { Load } from '../load/load.ts'
import { startChild } from '../peers/child.ts'
import { startEdge } from '../peers/edge.ts'
import { startNginx } from '../peers/nginx.ts'
import { BARE, NGINX, OURS } from '../peers/peer.ts'
import { measureCpu } from '../rounds.ts'
import { type Bench, NO_NGINX, withPeers } from './job.ts'

const WS = 'node:http + ws'
const OVER_BARE: Bar = { text: `${OURS} / ${BARE}`, of: OURS, against: BARE, atMost: 1.15 }
const OVER_NGINX: Bar = { text: `${OURS} / ${NGINX}`, of: OURS, against: NGINX, atMost: 1 }

type Echo = Omit<Extract<Load, { kind: 'echo' }>, 'kind' | 'port'>

const ECHOES: readonly (Echo & { bars: readonly Bar[] })[] = [
  { bytes: 20, connections: 64, framesPerWrite: 1, bars: [OVER_BARE] },
  { bytes: 1024, connections: 64, framesPerWrite: 1, bars: [OVER_BARE, OVER_NGINX] },
  { bytes: 20, connections: 1000, framesPerWrite: 1, bars: [OVER_BARE, OVER_NGINX] },
  { bytes: 1024, connections: 1000, framesPerWrite: 1, bars: [OVER_BARE, OVER_NGINX] },
  { bytes: 20, connections: 64, framesPerWrite: 8, bars: [{ ...OVER_NGINX, atMost: 0.35 }] },
]

const SUBSCRIBERS = 1000
const PUBLISHED_BYTES = 64
const SPEAKERS = [1, 16]

export async function benchWebSocket({ load, pace, report }: Bench): Promise<void> {
  await withPeers([startEdge(), startChild('uWebSockets.js'), startNginx(), startChild(WS)], async (peers) => {
    const missing = peers.some(({ title }) => title === NGINX) ? [] : [NO_NGINX]
    for (const { bars, ...echo } of ECHOES) {
      const burst = echo.framesPerWrite === 1 ? '' : `, ${echo.framesPerWrite} frames per write`
      report(
        judge({
          title: `WebSocket echo, ${echo.bytes} bytes, ${echo.connections} sockets${burst}`,
          unit: 'server CPU in µs per message',
          measured: await measureCpu(load, peers, pace, (port) => ({ kind: 'echo', port, ...echo })),
          missing,
          bars,
        }),
      )
    }
    const publishers = peers.filter(({ title }) => title !== NGINX)
    for (const speakers of SPEAKERS) {
      report(
        judge({
          title: `publish ${PUBLISHED_BYTES} bytes to ${SUBSCRIBERS} subscribers, ${speakers} of them at once`,
          unit: 'server CPU in µs per message published',
          measured: await measureCpu(load, publishers, pace, (port) => ({
            kind: 'publish',
            port,
            subscribers: SUBSCRIBERS,
            speakers,
            bytes: PUBLISHED_BYTES,
          })),
          // Of one alone the kernel's part is nearly all, with any server: one write for each socket.
          bars: speakers === 1 ? [] : [{ text: `ws / ${OURS}`, of: WS, against: OURS, atLeast: 3 }],
        }),
      )
    }
  })
}
