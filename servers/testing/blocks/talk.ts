// The dialog of a `socket` section, line by line with real WebSockets.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { patternOf } from './match-response.ts'
import { isTls, type Target } from './open-connection.ts'

interface Talker {
  readonly socket: WebSocket
  readonly opened: Promise<string>
  heard(): Promise<string>
  readonly closed: Promise<string>
}

/** `> text`, `< text`, `>hex 00ff`, `<hex 00ff`, `> close 1000 why`, `< close 1011 why`, `! 403`; `2> …` is the second socket. */
export class Dialog {
  private readonly talkers = new Map<string, Talker>()
  private readonly url: string
  private readonly options: readonly string[]

  /** `args`: PATH and the options of the section. */
  constructor({ port, how }: Target, args: string) {
    const [path, ...options] = args.split(/\s+/)
    this.url = `${isTls(how) ? 'wss' : 'ws'}://127.0.0.1:${port}${path}`
    this.options = options
  }

  async talk(text: string): Promise<void> {
    for (const line of text.split('\n').filter((each) => each !== '')) {
      const [, digit, sign, said = ''] =
        /^(\d?)([<>!])(.*)$/.exec(line) ?? assert.fail(`Not a line of a dialog: ${line}`)
      const number = digit || '1'
      let talker = this.talkers.get(number)
      if (talker === undefined) {
        talker = open(this.url, this.options)
        this.talkers.set(number, talker)
      }
      await speak(talker, sign!, said.replace(/^ /, ''))
    }
  }

  end(): void {
    for (const { socket } of this.talkers.values()) socket.terminate()
  }
}

async function speak({ socket, opened, heard, closed }: Talker, sign: string, said: string): Promise<void> {
  const outcome = await opened
  if (sign === '!') return assert.equal(outcome, `refused ${said.trim()}`)
  assert.equal(outcome, 'open')
  const close = /^close (\d+) ?(.*)$/.exec(said)
  const hex = /^hex (.*)$/.exec(said)?.[1]
  if (sign === '>') {
    if (close !== null) return socket.close(Number(close[1]), close[2])
    return socket.send(hex === undefined ? said : Buffer.from(hex.replaceAll(' ', ''), 'hex'))
  }
  const wanted =
    close === null ? (hex === undefined ? said : `hex ${hex.replaceAll(' ', '')}`) : `${close[1]} ${close[2]}`
  const came = await (close === null ? heard() : closed)
  assert.ok(patternOf(wanted).test(came), `Heard "${came}" instead of "${wanted}"`)
}

/** Options: `protocol=a,b`, and any other `name=value` as a header. */
function open(url: string, options: readonly string[]): Talker {
  const pairs = options.filter((option) => option !== '').map((option) => option.split(/=(.*)/s) as [string, string])
  const protocols = pairs.find(([name]) => name === 'protocol')?.[1].split(',') ?? []
  const headers = Object.fromEntries(pairs.filter(([name]) => name !== 'protocol'))
  const socket = new WebSocket(url, protocols, { headers, rejectUnauthorized: false })
  const messages: string[] = []
  let wake: (() => void) | undefined
  socket.on('message', (data: Buffer, binary: boolean) => {
    messages.push(binary ? `hex ${data.toString('hex')}` : data.toString())
    wake?.()
  })
  const closed = new Promise<string>((resolve) => {
    socket.on('close', (code: number, reason: Buffer) => {
      resolve(`${code} ${reason}`)
      wake?.()
    })
  })
  const refused = new Promise<string>((resolve) => {
    socket.on('unexpected-response', (request, response) => {
      request.destroy()
      resolve(`refused ${response.statusCode}`)
    })
    socket.on('error', (error) => resolve(`failed: ${error.message}`))
  })
  return {
    socket,
    closed,
    opened: Promise.race([once(socket, 'open').then(() => 'open'), refused]),
    async heard() {
      while (messages.length === 0) {
        if (socket.readyState === WebSocket.CLOSED) assert.fail(`The socket closed: ${await closed}`)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return messages.shift()!
    },
  }
}
