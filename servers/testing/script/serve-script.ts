// The real runtime in a world of its own: connections are pipes, the log and the stores are the test's, the clock stands still.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseConf } from '../../contract/conf/parse-conf.ts'
import { EdgeyardError } from '../../contract/errors.ts'
import type { Mysql, Redis } from '../../contract/script.ts'
import { closeSocketsNow } from '../../runtime/close-sockets.ts'
import { createDeadlines } from '../../runtime/deadlines.ts'
import { createMemoryZones } from '../../runtime/dict/memory-zones.ts'
import { startGeneration, stopGeneration } from '../../runtime/generation.ts'
import { type ParsedHooks, parseHooks } from '../../runtime/script-hooks.ts'
import { createServer, type Server } from '../../runtime/server.ts'
import { createStackMapper } from '../../runtime/stack-mapper.ts'
import type { World } from '../../runtime/world.ts'
import { createMemoryTransport, type MemoryTransport } from '../../transport/memory/memory-transport.ts'
import { connectOver } from './connect-over.ts'
import { fetchOver } from './fetch-over.ts'
import { ManualClock } from './manual-clock.ts'
import { MemoryLog } from './memory-log.ts'
import type { ServeOptions, Yard } from './types.ts'

export async function serve(script: object | string, options: ServeOptions = {}): Promise<Yard> {
  const parsed = await loadHooks(script)
  const clock = new ManualClock()
  const log = new MemoryLog()
  const transports: MemoryTransport[] = []
  const server = createServer({
    place: { prefix: process.cwd(), conf: CONF_FILE, release: process.cwd() },
    read: { conf: parseConf(confOf(options), { file: CONF_FILE }), files: [], release: process.cwd() },
    stacks: createStackMapper(),
    releaseName: undefined,
    worker: { id: 0, count: 1 },
    world: createWorld({ parsed, options, clock, log, transports }),
  })
  await server.listeners.prepare(server.live)
  await startGeneration(server.live)
  await server.listeners.listen()
  for (const each of server.live.scripts.values()) each.beginTimers()
  const connect = () => transports[0]!.connect()
  return {
    clock,
    log,
    fetch: (path, init) => fetchOver(connect, path, init),
    connect: (path, how) => connectOver(connect, path, how),
    stop: () => stop(server),
  }
}

const CONF_FILE = 'test.conf'

/** A module that is imported, or what it would have as its default export. */
async function loadHooks(script: object | string): Promise<ParsedHooks> {
  if (typeof script !== 'string') return parseHooks({ default: script }, 'the script')
  return parseHooks(await import(pathToFileURL(resolve(script)).href), script)
}

function confOf({ conf = 'location / { script src/main.ts; }', edge = '', env = {} }: ServeOptions): string {
  const sets = Object.entries(env).map(([name, value]) => `set $${name} ${quoted(value)};`)
  return `error_log stderr debug;
events { worker_connections 1000; }
edge {
  ${edge}
  server {
    listen 127.0.0.1:80;
    server_name localhost;
    ${sets.join(' ')}
    ${conf}
  }
}
`
}

/** With nginx's escapes; a `$` would be a variable. */
function quoted(value: string): string {
  if (value.includes('$')) throw new TypeError(`A value of env cannot hold "$": ${value}`)
  return `"${value.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`
}

interface WorldParts {
  readonly parsed: ParsedHooks
  readonly options: ServeOptions
  readonly clock: ManualClock
  readonly log: MemoryLog
  readonly transports: MemoryTransport[]
}

function createWorld({ parsed, options, clock, log, transports }: WorldParts): World {
  const { redis = absent<Redis>('redis'), mysql = absent<Mysql>('mysql') } = options
  const { hooks, warnings } = parsed
  return {
    createLogger: () => log,
    createStores: () => ({ redis: () => redis, mysql: () => mysql, close: async () => {} }),
    async createTransport(how) {
      const transport = createMemoryTransport(how)
      transports.push(transport)
      return transport
    },
    createDeadlines: () =>
      createDeadlines((ms, sweep) => {
        const ticker = clock.every(ms, sweep)
        return () => ticker.end()
      }),
    createZoneStore: () => createMemoryZones(() => clock.nowMs),
    createScriptSource({ file, onWarning }) {
      warnings.forEach(onWarning)
      return { file, live: () => hooks, open: () => () => hooks }
    },
    createWatchdog: () => ({ limit() {}, rest() {}, load: (_limit, run) => run() }),
    // The process is the test's.
    keepAlive() {},
    every: clock.every,
  }
}

/** Every method rejects. */
function absent<Store extends object>(name: string): Store {
  const reject = async (): Promise<never> => {
    throw new EdgeyardError('STORE_UNAVAILABLE', `This test has no ${name}: give serveScript one`)
  }
  return new Proxy({} as Store, { get: () => reject })
}

async function stop(server: Server): Promise<void> {
  const { listeners, services, live } = server
  if (server.exiting) return
  server.exiting = true
  for (const script of live.scripts.values()) script.endTimers()
  closeSocketsNow(listeners.sockets())
  services.aborts.abortAll(new Error('The server stops'))
  await Promise.race([listeners.drain(), new Promise(setImmediate).then(() => new Promise(setImmediate))])
  listeners.destroy()
  const never = new Promise<void>(() => {})
  await stopGeneration(live, 'quit', never)
  services.zones.close()
}
