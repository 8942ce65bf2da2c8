// One connection to a Redis, on ioredis. What is common to commands and subscriptions: how it connects, how it gives up.
import type { Redis as Client, Command } from 'ioredis'
import type { RedisConf } from '../contract/conf/conf.ts'
import { addressText, restacked, storeError } from './store-error.ts'

/** A Redis that restarts is back within these tries; a command does not wait for a longer outage. */
const RETRIES_MAX = 4
const RETRY_DELAY_MS_MIN = 50
const RETRY_DELAY_MS_MAX = 2000

/** Replies are strings, also those of bytes that are no text. */
const UTF8 = { replyEncoding: 'utf8' } as const

export interface RedisConnection {
  /**
   * Sends one command, behind those before it. What is sent in one turn of the event loop leaves in one write; each has its own reply.
   * It is a Command of the library's, sent by itself: its own automatic pipelines cost twice as much.
   */
  send(command: string, args: (string | number | Buffer)[]): Command
  /** STORE_UNAVAILABLE at once while Redis has been away for some tries. */
  checkThere(): void
  /** Runs commands; turns the library's errors into ours. At once STORE_UNAVAILABLE while Redis has been away for some tries. */
  use<T>(commands: (client: Client) => Promise<T>): Promise<T>
  /** What to throw, or to leave in a result, for an error of the library: a reply of Redis as it is, all else as STORE_UNAVAILABLE. */
  explain(error: unknown): unknown
  close(): void
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
  const turn = createTurn(client)
  return {
    client,
    explain,
    checkThere,
    send(name, args) {
      const command = new Command(name, args, UTF8)
      turn.send(command)
      return command
    },
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

/** Commands of one turn of the event loop as one text: a list of texts costs Node several times as much to write. */
function createTurn(client: Client) {
  let text = ''
  let stream: Client['stream'] | undefined
  let isSending = false

  function flush(): void {
    const [sent, to] = [text, stream]
    text = ''
    stream = undefined
    // When the connection was lost meanwhile, the library rejects its commands.
    if (sent !== '' && !to?.destroyed) to?.write(sent)
  }

  /** What the library writes to. */
  const collector = {
    write(command: string | Buffer): boolean {
      // It has waited for the connection, together with others that are written directly.
      if (!isSending) return client.stream.write(command)
      if (stream === undefined) {
        stream = client.stream
        setImmediate(flush)
      }
      if (typeof command === 'string') text += command
      else {
        flush()
        client.stream.write(command)
      }
      return true
    },
  } as unknown as Client['stream']

  return {
    send(command: Command): void {
      if (client.status !== 'ready') {
        client.sendCommand(command)
        return
      }
      isSending = true
      try {
        client.sendCommand(command, collector)
      } finally {
        isSending = false
      }
    },
    /** Before anything else is written. */
    flush,
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
