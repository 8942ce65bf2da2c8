// One connection to a Redis, on ioredis. What is common to commands and subscriptions: how it connects, how it gives up.
import type { Redis as Client } from 'ioredis'
import type { RedisConf } from '../contract/conf/conf.ts'
import { createTurn } from './redis-turn.ts'
import { addressText, restacked, storeError } from './store-error.ts'

/** A Redis that restarts is back within these tries; a command does not wait for a longer outage. */
const RETRIES_MAX = 4
const RETRY_DELAY_MS_MIN = 50
const RETRY_DELAY_MS_MAX = 2000

export interface RedisConnection {
  /**
   * Sends one command, behind those before it. What is sent in one turn of the event loop leaves in one write; each has its own reply.
   * The library's own automatic pipelines cost twice as much.
   */
  send(command: string, args: (string | number | Uint8Array)[]): SentCommand
  /** STORE_UNAVAILABLE at once while Redis has been away for some tries. */
  checkThere(): void
  /** Runs commands; turns the library's errors into ours. At once STORE_UNAVAILABLE while Redis has been away for some tries. */
  use<T>(commands: (client: Client) => Promise<T>): Promise<T>
  /** What to throw, or to leave in a result, for an error of the library: a reply of Redis as it is, all else as STORE_UNAVAILABLE. */
  explain(error: unknown): unknown
  close(): void
}

export interface SentCommand {
  readonly promise: Promise<unknown>
  reject(error: Error): void
}

/** The library is loaded here, with the first use: starting a server must not wait for it. */
export async function connectRedis(
  conf: RedisConf,
  purpose: 'commands' | 'subscriptions',
): Promise<RedisConnection & { readonly client: Client }> {
  const { Redis, Command } = await import('ioredis')
  let lastError: Error | undefined
  let away = false
  const client = new Redis({
    ...('path' in conf.address ? { path: conf.address.path } : conf.address),
    ...(conf.user === undefined ? {} : { username: conf.user }),
    ...(conf.password === undefined ? {} : { password: conf.password }),
    protocol: 2,
    connectTimeout: conf.timeoutMs,
    // Commands have one timer for all of them.
    ...(purpose === 'commands' ? {} : { commandTimeout: conf.timeoutMs }),
    maxRetriesPerRequest: RETRIES_MAX,
    retryStrategy(times) {
      away = times > RETRIES_MAX
      return Math.min(RETRY_DELAY_MS_MIN * 2 ** (times - 1), RETRY_DELAY_MS_MAX)
    },
    // A command that was under way when the connection was lost may have been carried out: INCR must not run twice.
    autoResendUnfulfilledCommands: false,
    disableClientInfo: true,
  })
  client.on('error', (error) => {
    lastError = error
  })
  client.on('ready', () => {
    away = false
    lastError = undefined
  })
  const unavailable = (cause: unknown) => storeError('STORE_UNAVAILABLE', redisText(conf), cause)
  // While it is away, why the connection fails says more than that a command was not carried out.
  const explain = (error: unknown) => (isReply(error) ? restacked(error) : unavailable(lastError ?? error))
  const checkThere = () => {
    if (away) throw unavailable(lastError ?? new Error('the connection was lost'))
  }
  const turn = createTurn(client, Command)
  return {
    client,
    explain,
    checkThere,
    send: turn.send,
    async use(commands) {
      checkThere()
      turn.flush()
      try {
        return await commands(client)
      } catch (error) {
        throw explain(error)
      }
    },
    close: () => client.disconnect(),
  }
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
