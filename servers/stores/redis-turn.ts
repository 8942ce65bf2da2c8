// Commands of one turn of the event loop as one text: a list of texts costs Node several times as much to write.
//
// A command of plain arguments is put into the library's queue of those that wait for a reply by itself, with no more than the
// library asks of it there (ioredis 5, built/DataHandler.js). All others, and those before the connection is ready, are its Commands.
import type { Redis as Client, Command } from 'ioredis'
import type { SentCommand } from './redis-connection.ts'

type CommandClass = typeof Command

/** What of the library's client this builds on. */
interface LibraryClient {
  readonly status: string
  readonly stream: Client['stream'] | undefined
  readonly commandQueue: { push(item: { command: LeanCommand; stream: undefined; select: number }): void }
}
interface Transformers {
  readonly _transformer: Readonly<Record<'argument' | 'reply', Readonly<Record<string, unknown>>>>
}

/** Replies are strings, also those of bytes that are no text. */
const UTF8 = { replyEncoding: 'utf8' } as const
/** A longer text is not put together with others. */
const TEXT_LENGTH_MAX = 64 * 1024

export function createTurn(client: Client, Library: CommandClass) {
  const library = client as unknown as LibraryClient
  const transformers = (Library as unknown as Transformers)._transformer
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

  function append(command: string): void {
    if (stream === undefined) {
      stream = client.stream
      setImmediate(flush)
    }
    text += command
    if (text.length > TEXT_LENGTH_MAX) flush()
  }

  /** What the library writes to. */
  const collector = {
    write(command: string | Buffer): boolean {
      // It has waited for the connection, together with others that are written directly.
      if (!isSending) return client.stream.write(command)
      if (typeof command === 'string') append(command)
      else {
        flush()
        client.stream.write(command)
      }
      return true
    },
  } as unknown as Client['stream']

  function sendByLibrary(name: string, args: (string | number | Uint8Array)[]): SentCommand {
    const command = new Library(name, args.map(toArgument), UTF8)
    if (client.status !== 'ready') {
      client.sendCommand(command)
      return command
    }
    isSending = true
    try {
      client.sendCommand(command, collector)
    } finally {
      isSending = false
    }
    return command
  }

  return {
    send(name: string, args: (string | number | Uint8Array)[]): SentCommand {
      if (library.status !== 'ready' || !library.stream?.writable) return sendByLibrary(name, args)
      // It has its own ideas of what `hgetall` in small letters replies.
      if (name in transformers.reply || name in transformers.argument) return sendByLibrary(name, args)
      const rendered = renderCommand(name, args)
      if (rendered === undefined) return sendByLibrary(name, args)
      const command = new LeanCommand(name, args)
      append(rendered)
      // It has another one after it was connected again.
      library.commandQueue.push({ command, stream: undefined, select: 0 })
      return command
    },
    /** Before anything else is written. */
    flush,
  }
}

class LeanCommand implements SentCommand {
  readonly promise: Promise<unknown>
  readonly name: string
  readonly args: readonly unknown[]
  readonly pipelineIndex = undefined
  readonly inTransaction = false
  resolve!: (reply: unknown) => void
  reject!: (error: Error) => void

  constructor(name: string, args: readonly unknown[]) {
    this.name = name
    this.args = args
    this.promise = new Promise((resolve, reject) => {
      this.resolve = (reply) => resolve(textOf(reply))
      this.reject = reject
    })
  }
}

/** Undefined when an argument is none that JavaScript and Redis agree on. */
function renderCommand(name: string, args: readonly unknown[]): string | undefined {
  let text = `*${args.length + 1}\r\n$${Buffer.byteLength(name)}\r\n${name}\r\n`
  for (const arg of args) {
    if (typeof arg !== 'string' && typeof arg !== 'number') return undefined
    const value = typeof arg === 'string' ? arg : String(arg)
    text += `$${Buffer.byteLength(value)}\r\n${value}\r\n`
  }
  return text
}

function textOf(reply: unknown): unknown {
  if (reply instanceof Buffer) return reply.toString()
  return Array.isArray(reply) ? reply.map(textOf) : reply
}

function toArgument(argument: string | number | Uint8Array): string | number | Buffer {
  return argument instanceof Uint8Array ? Buffer.from(argument) : argument
}
