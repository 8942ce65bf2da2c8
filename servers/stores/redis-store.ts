// `ctx.redis`: commands over one shared connection, made with the first of them.
import type { RedisConf } from '../contract/conf/conf.ts'
import { EdgeyardError } from '../contract/errors.ts'
import type { Redis } from '../contract/script.ts'
import type { Logger } from '../log/logger.ts'
import { Deadlines, type Waiting } from './deadlines.ts'
import { connectRedis, type RedisConnection, redisText } from './redis-connection.ts'
import { createSubscriptions } from './redis-subscriptions.ts'
import { type Caller, createSlowCalls } from './slow-calls.ts'
import { storeError } from './store-error.ts'

export interface RedisStore {
  /** `ctx.redis` of a request: what is slow is logged with its id. Each part works when it was taken out of it. */
  of(caller: Caller): Redis
  close(): Promise<void>
}

/** Commands under way at once; more would only wait in memory for a Redis that does not keep up. */
const UNDER_WAY_MAX = 10_000

/** They change the connection or block it, and everybody shares it. */
const NOT_SHARED: Readonly<Record<string, string>> = {
  ...byName('use redis.subscribe', [
    'SUBSCRIBE',
    'PSUBSCRIBE',
    'SSUBSCRIBE',
    'UNSUBSCRIBE',
    'PUNSUBSCRIBE',
    'SUNSUBSCRIBE',
  ]),
  ...byName('use a Lua script with EVAL, or MULTI … EXEC in one redis.pipeline', [
    'MULTI',
    'EXEC',
    'DISCARD',
    'WATCH',
    'UNWATCH',
  ]),
  ...byName('a blocking command would block every other one', [
    'BLPOP',
    'BRPOP',
    'BLMOVE',
    'BLMPOP',
    'BRPOPLPUSH',
    'BZPOPMIN',
    'BZPOPMAX',
    'BZMPOP',
    'WAIT',
    'WAITAOF',
    'MONITOR',
    'SYNC',
    'PSYNC',
  ]),
  ...byName('the connection is shared', ['SELECT', 'AUTH', 'HELLO', 'QUIT', 'RESET']),
}
const TRANSACTION = new Set(['MULTI', 'EXEC', 'DISCARD'])

export function createRedisStore(conf: RedisConf | undefined, logger: Pick<Logger, 'write'> | undefined): RedisStore {
  if (conf === undefined) return absentRedis()
  const store = redisText(conf)
  const slow = createSlowCalls(store, conf.slowMs, logger)
  const deadlines = new Deadlines<Expiring>(conf.timeoutMs, (command) => command.reject(new Error(TIMED_OUT)))
  const subscriptions = createSubscriptions(conf)
  let connecting: Promise<RedisConnection> | undefined
  let live: RedisConnection | undefined
  let closed = false
  let underWay = 0

  async function connect(): Promise<RedisConnection> {
    connecting ??= connectRedis(conf!, 'commands')
    try {
      live = await connecting
      return live
    } catch (error) {
      // The library could not be loaded, for want of file descriptors, say: the next call tries again.
      connecting = undefined
      throw storeError('STORE_UNAVAILABLE', store, error)
    }
  }

  function checkRoom(commands: number): void {
    if (closed) throw new EdgeyardError('STORE_UNAVAILABLE', `Cannot use ${store}: the server has stopped`)
    if (underWay + commands > UNDER_WAY_MAX) {
      throw new EdgeyardError('STORE_BUSY', `Cannot use ${store}: ${underWay} commands are under way`)
    }
  }

  async function call(caller: Caller, name: string, args: (string | number | Uint8Array)[]): Promise<unknown> {
    checkShared(name)
    checkRoom(1)
    const begun = performance.now()
    let connection: RedisConnection | undefined
    let waiting: Waiting<Expiring> | undefined
    underWay++
    try {
      connection = live ?? (await connect())
      connection.checkThere()
      const command = connection.send(name, args)
      waiting = deadlines.add(command, begun)
      return await command.promise
    } catch (error) {
      throw connection === undefined ? error : connection.explain(error)
    } finally {
      underWay--
      if (waiting !== undefined) deadlines.remove(waiting)
      slow(performance.now() - begun, caller, () => ({ command: name.toUpperCase(), key: String(args[0] ?? '') }))
    }
  }

  async function pipeline(caller: Caller, commands: [string, ...(string | number)[]][]): Promise<unknown[]> {
    if (commands.length === 0) return []
    for (const [command] of commands) if (!TRANSACTION.has(command.toUpperCase())) checkShared(command)
    checkRoom(commands.length)
    const begun = performance.now()
    let waiting: Waiting<Expiring> | undefined
    underWay += commands.length
    try {
      const connection = live ?? (await connect())
      return await connection.use(async (client) => {
        const sent = client.pipeline()
        for (const [command, ...args] of commands) sent.call(command, ...args)
        const late = new Promise<never>((_, reject) => {
          waiting = deadlines.add({ reject }, begun)
        })
        const results = (await Promise.race([sent.exec(), late])) ?? []
        return results.map(([error, result]) => (error === null ? result : connection.explain(error)))
      })
    } finally {
      underWay -= commands.length
      if (waiting !== undefined) deadlines.remove(waiting)
      const [first] = commands
      const what = { command: `pipeline of ${commands.length}`, key: String(first![1] ?? '') }
      slow(performance.now() - begun, caller, () => what)
    }
  }

  return {
    of: (caller) => ({
      call: (command, ...args) => call(caller, command, args),
      pipeline: (commands) => pipeline(caller, commands),
      subscribe: subscriptions.subscribe,
    }),
    async close() {
      closed = true
      await subscriptions.close()
      const connection = await connecting?.catch(() => undefined)
      connection?.close()
    },
  }
}

/** What a deadline ends. */
interface Expiring {
  reject(error: Error): void
}

const TIMED_OUT = 'it did not answer in time'

function absentRedis(): RedisStore {
  const absent = async (): Promise<never> => {
    throw new EdgeyardError('STORE_UNAVAILABLE', 'This server has no Redis: its conf has no "redis main HOST:PORT;"')
  }
  return { of: () => ({ call: absent, pipeline: absent, subscribe: absent }), close: async () => {} }
}

function checkShared(command: string): void {
  const why = NOT_SHARED[command.toUpperCase()]
  if (why !== undefined) throw new TypeError(`Cannot send ${command.toUpperCase()} over the shared connection: ${why}`)
}

function byName(why: string, commands: readonly string[]): Record<string, string> {
  return Object.fromEntries(commands.map((command) => [command, why]))
}
