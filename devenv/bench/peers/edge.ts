// Ours: a real edge-server process with a conf and a script, as a yard starts it.
import { type ServingEdgeServer, startEdgeServer } from '../../../servers/testing/edge-server.ts'
import { createSandboxFolder, type SandboxFolder } from '../../../servers/testing/sandbox-folder.ts'
import { HELLO, KEY, OURS, type Peer, QUERY, ROW_ID, type StorePlaces } from './peer.ts'

/** As the build would leave it of `src/main.ts`. */
const SCRIPT = `
const KEY = '${KEY}', QUERY = '${QUERY}'
const pages = {
  '/hello': () => ({ body: '${HELLO}' }),
  '/gc': () => { globalThis.gc?.(); return { body: 'done' } },
  '/redis': async ({ redis }) => ({ body: await redis.call('GET', KEY) }),
  '/mysql': async ({ mysql }) => ({ body: (await mysql.query(QUERY, [${ROW_ID}]))[0].name }),
  '/used': async ({ log, redis }) => { log.info('a request'); return { body: await redis.call('GET', KEY) } },
}
module.exports.default = {
  fetch: (req, ctx) => pages[req.path](ctx),
  open: (ws) => { if (ws.request.path === '/publish') ws.join('all') },
  message: (ws, data, ctx) => { if (ws.request.path === '/publish') ctx.publish('all', data); else ws.send(data) },
}
`

export interface EdgeOptions extends StorePlaces {
  readonly title?: string
  readonly codeCache?: 'on' | 'stat'
  /** A syslog socket that records go to, as in a yard; without it: stderr, errors only. */
  readonly syslog?: string
  readonly script?: string
}

export interface EdgePeer extends Peer {
  readonly folder: SandboxFolder
}

/** The folder that {@link startEdge} starts a server from; it may start several. */
export async function createEdgeFolder({ script = SCRIPT, ...options }: EdgeOptions = {}): Promise<SandboxFolder> {
  const folder = await createSandboxFolder({ script })
  await folder.write('conf/server.conf', renderConf(options))
  return folder
}

export async function startEdge(options: EdgeOptions = {}): Promise<EdgePeer> {
  const folder = await createEdgeFolder(options)
  const server = await startIn(folder)
  return {
    title: options.title ?? OURS,
    pid: server.pid,
    port: server.port,
    folder,
    async stop() {
      await server.kill()
      await folder.remove()
    },
  }
}

export function startIn(
  folder: SandboxFolder,
  env: Record<string, string> = { NODE_OPTIONS: '--expose-gc' },
): Promise<ServingEdgeServer> {
  return startEdgeServer(folder.prefix, env)
}

function renderConf({ redis, mysql, codeCache = 'on', syslog }: EdgeOptions): string {
  const log = syslog === undefined ? 'stderr error' : `syslog:server=unix:${syslog},tag=bench info`
  return `worker_processes 1;
error_log ${log};
pid run/server.pid;
events { worker_connections 65536; }
edge {
  code_cache ${codeCache};
  ${redis === undefined ? '' : `redis main 127.0.0.1:${redis.port} password=${redis.password};`}
  ${mysql === undefined ? '' : `mysql main unix:${mysql.socket} test user=${mysql.user};`}
  server {
    listen 127.0.0.1:0;
    server_name localhost;
    location / { script src/main.ts; }
  }
}
`
}
