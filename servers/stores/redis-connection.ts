// One connection to a Redis, on ioredis. What is common to commands and subscriptions: how it connects, how it gives up.
import type { Redis as Client } from 'ioredis'
import type { RedisConf } from '../contract/conf/conf.ts'
import { addressText, restacked, storeError } from './store-error.ts'

/** A Redis that restarts is back within these tries; a command does not wait for a longer outage. */
const RETRIES_MAX = 4
const RETRY_DELAY_MS_MIN = 50
const RETRY_DELAY_MS_MAX = 2000

/** The library is loaded here, with the first use: starting a server must not wait for it. */
export async function connectRedis(conf: RedisConf, purpose: 'commands' | 'subscriptions'): Promise<Client> {
  const { Redis } = await import('ioredis')
  const client = new Redis({
    ...('path' in conf.address ? { path: conf.address.path } : conf.address),
    ...(conf.user === undefined ? {} : { username: conf.user }),
    ...(conf.password === undefined ? {} : { password: conf.password }),
    protocol: 2,
    connectTimeout: conf.timeoutMs,
    commandTimeout: conf.timeoutMs,
    maxRetriesPerRequest: RETRIES_MAX,
    retryStrategy: (times) => Math.min(RETRY_DELAY_MS_MIN * 2 ** (times - 1), RETRY_DELAY_MS_MAX),
    // A command that was under way when the connection was lost may have been carried out: INCR must not run twice.
    autoResendUnfulfilledCommands: false,
    enableAutoPipelining: purpose === 'commands',
    disableClientInfo: true,
  })
  // Without a listener ioredis prints; whoever sends a command is told anyway.
  client.on('error', () => {})
  return client
}

/** What to throw for an error of ioredis: a reply of Redis as it is, all else as STORE_UNAVAILABLE. */
export function redisError(conf: RedisConf, error: unknown): unknown {
  return isReply(error) ? restacked(error) : storeError('STORE_UNAVAILABLE', redisText(conf), error)
}

export function redisText(conf: RedisConf): string {
  return `Redis at ${addressText(conf.address)}`
}

/** While connecting, replies are a matter of the connection: a wrong password, a dataset that is still loading. */
function isReply(error: unknown): boolean {
  return (
    error instanceof Error && error.name === 'ReplyError' && !/^(NOAUTH|WRONGPASS|LOADING|NOPERM)/.test(error.message)
  )
}
