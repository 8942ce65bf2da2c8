// Subscriptions: one connection of their own for all of them, because Redis takes no other command on it.
import type { RedisConf } from '../contract/conf/conf.ts'
import { EdgeyardError } from '../contract/errors.ts'
import type { Redis } from '../contract/script.ts'
import { connectRedis, type RedisConnection, redisText } from './redis-connection.ts'
import { storeError } from './store-error.ts'

export interface Subscriptions extends Pick<Redis, 'subscribe'> {
  close(): Promise<void>
}

type Listener = (message: string) => void

export function createSubscriptions(conf: RedisConf): Subscriptions {
  /** Two subscriptions with the same function are two, so each has a set entry of its own. */
  const channels = new Map<string, Set<{ on: Listener }>>()
  let connecting: Promise<RedisConnection> | undefined
  let closed = false

  async function connect(): Promise<RedisConnection> {
    const connection = await connectRedis(conf, 'subscriptions')
    connection.client.on('message', (channel: string, message: string) => {
      for (const { on } of [...(channels.get(channel) ?? [])]) tell(on, message)
    })
    return connection
  }

  return {
    async subscribe(channel, on) {
      if (closed) throw new EdgeyardError('STORE_UNAVAILABLE', `Cannot use ${redisText(conf)}: the server has stopped`)
      connecting ??= connect().catch((error: unknown) => {
        connecting = undefined
        throw storeError('STORE_UNAVAILABLE', redisText(conf), error)
      })
      const entry = { on }
      const listeners = channels.get(channel) ?? new Set()
      channels.set(channel, listeners.add(entry))
      const leave = async () => {
        if (!listeners.delete(entry) || listeners.size > 0) return
        channels.delete(channel)
        if (!closed) await (await connecting)?.use((client) => client.unsubscribe(channel))
      }
      try {
        const connection = await connecting
        // Also when another listener has subscribed: that may not be true yet.
        await connection.use((client) => client.subscribe(channel))
        return leave
      } catch (error) {
        listeners.delete(entry)
        if (listeners.size === 0) channels.delete(channel)
        throw error
      }
    },
    async close() {
      closed = true
      channels.clear()
      const connection = await connecting?.catch(() => undefined)
      connection?.close()
    },
  }
}

/** A listener that throws must not stop the parser it is called from: it is an uncaught error like any other. */
function tell(on: Listener, message: string): void {
  try {
    on(message)
  } catch (error) {
    setImmediate(() => {
      throw error
    })
  }
}
