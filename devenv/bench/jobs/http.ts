// `npm run bench:http`: a fixed page, a key of Redis, a row of MySQL.
import { createConnection } from 'mysql2/promise'
import { startMariadb } from '../../../servers/testing/mariadb-server.ts'
import { startRedis } from '../../../servers/testing/redis-server.ts'
import { judge } from '../figures.ts'
import { startChild } from '../peers/child.ts'
import { startEdge } from '../peers/edge.ts'
import { startNginx } from '../peers/nginx.ts'
import { BARE, KEY, NGINX, OURS, type Peer, ROW_ID } from '../peers/peer.ts'
import { measureCpu } from '../rounds.ts'
import { type Bench, NO_NGINX, withPeers } from './job.ts'
import { setKey } from './set-key.ts'

const STAT = 'edgeyard, code_cache stat'
const UNIT = 'server CPU in µs per request'
const CONNECTIONS = 64
const PASSWORD = 'bench'

export async function benchHttp(bench: Bench): Promise<void> {
  await benchHello(bench)
  await benchRedis(bench)
  await benchMysql(bench)
}

async function benchHello({ load, pace, report }: Bench): Promise<void> {
  const starting = [
    startEdge(),
    startEdge({ title: STAT, codeCache: 'stat' }),
    startChild('uWebSockets.js'),
    startNginx(),
    startChild('node:http + ws'),
    startChild('Fastify'),
  ]
  await withPeers(starting, async (peers) => {
    const measured = await measureCpu(load, peers, pace, http('/hello'))
    report(
      judge({
        title: `HTTP hello, ${CONNECTIONS} connections`,
        unit: UNIT,
        measured,
        missing: missingOf(peers),
        bars: [
          { text: `${OURS} / ${BARE}`, of: OURS, against: BARE, atMost: 1.15 },
          { text: 'code_cache stat / on', of: STAT, against: OURS, atMost: 1.05 },
        ],
      }),
    )
  })
}

async function benchRedis({ load, pace, report }: Bench): Promise<void> {
  const store = await startRedis(PASSWORD)
  const redis = { port: store.port, password: PASSWORD }
  try {
    await withPeers(
      [startEdge({ redis }), startChild('uWebSockets.js', { redis }), startNginx({ redis })],
      async (all) => {
        await setKey(redis, KEY)
        const { peers, missing } = await withLibrary(all, '/redis', 'lua-resty-redis')
        report(
          judge({
            title: 'HTTP + Redis GET',
            unit: UNIT,
            measured: await measureCpu(load, peers, pace, http('/redis')),
            missing,
            bars: [{ text: `${OURS} / ${NGINX}`, of: OURS, against: NGINX, atMost: 0.85 }],
          }),
        )
      },
    )
  } finally {
    await store.stop()
  }
}

async function benchMysql({ load, pace, report }: Bench): Promise<void> {
  const store = await startMariadb()
  const mysql = { socket: store.socket, user: store.user }
  try {
    const connection = await createConnection({ socketPath: mysql.socket, user: mysql.user, database: 'test' })
    await connection.query('CREATE TABLE players (id INT PRIMARY KEY, name VARCHAR(64), score INT)')
    for (let id = 1; id <= 2 * ROW_ID; id++) {
      await connection.query('INSERT INTO players VALUES (?, ?, ?)', [id, `player number ${id}`, id * 10])
    }
    await connection.end()
    await withPeers(
      [startEdge({ mysql }), startChild('uWebSockets.js', { mysql }), startNginx({ mysql })],
      async (all) => {
        const { peers, missing } = await withLibrary(all, '/mysql', 'lua-resty-mysql')
        report(
          judge({
            title: 'HTTP + MySQL by primary key',
            unit: UNIT,
            measured: await measureCpu(load, peers, pace, http('/mysql')),
            missing,
            bars: [{ text: `${OURS} / ${NGINX}`, of: OURS, against: NGINX, atMost: 1.2 }],
          }),
        )
      },
    )
  } finally {
    await store.stop()
  }
}

function http(path: string) {
  return (port: number) => ({ kind: 'http', port, path, connections: CONNECTIONS }) as const
}

function missingOf(peers: readonly Peer[]): string[] {
  return peers.some(({ title }) => title === NGINX) ? [] : [NO_NGINX]
}

/** The peers without an nginx that has no such library. */
async function withLibrary(
  peers: readonly Peer[],
  path: string,
  library: string,
): Promise<{ peers: readonly Peer[]; missing: string[] }> {
  const lua = peers.find(({ title }) => title === NGINX)
  if (lua === undefined) return { peers, missing: [NO_NGINX] }
  if ((await fetch(`http://127.0.0.1:${lua.port}${path}`)).status === 200) return { peers, missing: [] }
  return {
    peers: peers.filter((peer) => peer !== lua),
    missing: [`${NGINX} (its library ${library} is not installed)`],
  }
}
