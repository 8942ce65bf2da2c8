// `ctx.redis`: commands over one shared connection, made with the first of them.
import type { Redis as Client } from 'ioredis'
import type { RedisConf } from '../contract/conf/conf.ts'
import { EdgeyardError } from '../contract/errors.ts'
import type { Redis } from '../contract/script.ts'
import { connectRedis, type RedisConnection, redisText } from './redis-connection.ts'
import { createSubscriptions } from './redis-subscriptions.ts'

export interface RedisStore extends Redis {
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

export function createRedisStore(confs: readonly RedisConf[]): RedisStore {
  const conf = confs.find(({ name }) => name === 'main')
  if (conf === undefined) return absentRedis()
  let connecting: Promise<RedisConnection> | undefined
  let closed = false
  let underWay = 0
  const subscriptions = createSubscriptions(conf)

  async function using<T>(
    commands: number,
    use: (client: Client, connection: RedisConnection) => Promise<T>,
  ): Promise<T> {
    if (closed) throw new EdgeyardError('STORE_UNAVAILABLE', `Cannot use ${redisText(conf!)}: the server has stopped`)
    if (underWay + commands > UNDER_WAY_MAX) {
      throw new EdgeyardError('STORE_BUSY', `Cannot use ${redisText(conf!)}: ${underWay} commands are under way`)
    }
    underWay += commands
    try {
      connecting ??= connectRedis(conf!, 'commands')
      const connection = await connecting
      return await connection.use((client) => use(client, connection))
    } finally {
      underWay -= commands
    }
  }

  return {
    async call(command, ...args) {
      checkShared(command)
      return await using(1, (client) => client.call(command, ...args.map(toArgument)))
    },
    async pipeline(commands) {
      if (commands.length === 0) return []
      for (const [command] of commands) if (!TRANSACTION.has(command.toUpperCase())) checkShared(command)
      return await using(commands.length, async (client, connection) => {
        const pipeline = client.pipeline()
        for (const [command, ...args] of commands) pipeline.call(command, ...args)
        const results = (await pipeline.exec()) ?? []
        return results.map(([error, result]) => (error === null ? result : connection.explain(error)))
      })
    },
    subscribe: (channel, on) => subscriptions.subscribe(channel, on),
    async close() {
      closed = true
      await subscriptions.close()
      const connection = await connecting?.catch(() => undefined)
      connection?.close()
    },
  }
}

function absentRedis(): RedisStore {
  const absent = async (): Promise<never> => {
    throw new EdgeyardError('STORE_UNAVAILABLE', 'This server has no Redis: its conf has no "redis main HOST:PORT;"')
  }
  return { call: absent, pipeline: absent, subscribe: absent, close: async () => {} }
}

function checkShared(command: string): void {
  const why = NOT_SHARED[command.toUpperCase()]
  if (why !== undefined) throw new TypeError(`Cannot send ${command.toUpperCase()} over the shared connection: ${why}`)
}

function toArgument(argument: string | number | Uint8Array): string | number | Buffer {
  return argument instanceof Uint8Array ? Buffer.from(argument) : argument
}

function byName(why: string, commands: readonly string[]): Record<string, string> {
  return Object.fromEntries(commands.map((command) => [command, why]))
}
