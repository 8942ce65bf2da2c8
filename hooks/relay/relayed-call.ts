// The other end of relay.pl: a hook's call as it comes over a socket, and what goes back.
//
//   there: HOOK \0 CWD \0 NAME=VALUE \0 … \0 \0, then what git writes to the hook, until the end
//   back:  frames of a kind (`t` taken, `o` to git, `e` to the person, `x` exit code), 32 bits of length, content
import type { Socket } from 'node:net'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { type HookName, isHookName } from '../push/hook.ts'

/** Three names, and paths as long as Linux has them. */
const CALL_BYTES_MAX = 64 * 1024

export interface RelayedCall {
  readonly name: HookName
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** What git writes to the hook. */
  readonly input: AsyncIterable<Buffer>
}

const END = Buffer.from('\0\0')

/** Reads the head of a call. Throws `PROTOCOL`; null when the other side left without one. */
export async function readCall(socket: Socket): Promise<RelayedCall | null> {
  let head: Buffer = Buffer.alloc(0)
  for (;;) {
    const end = head.indexOf(END)
    if (end !== -1) {
      const rest = head.subarray(end + END.length)
      if (rest.length > 0) socket.unshift(rest)
      // The other direction is needed for as long as the hook has something to say.
      const input = socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
      return { ...parseCall(head.toString('utf8', 0, end)), input }
    }
    if (head.length > CALL_BYTES_MAX)
      throw new EdgeyardError('PROTOCOL', 'Cannot read the call of a hook: it is too long')
    const chunk = await nextChunk(socket)
    if (chunk === null) return null
    head = Buffer.concat([head, chunk])
  }
}

function parseCall(text: string): Omit<RelayedCall, 'input'> {
  const [name, cwd, ...variables] = text.split('\0')
  if (!isHookName(name) || cwd === undefined) {
    throw new EdgeyardError('PROTOCOL', `Cannot understand the call of a hook: ${text.slice(0, 200)}`)
  }
  const env = variables.map((variable) => {
    const at = variable.indexOf('=')
    return [variable.slice(0, at), variable.slice(at + 1)] as const
  })
  return { name, cwd, env: Object.fromEntries(env) }
}

function nextChunk(socket: Socket): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const look = () => {
      const chunk = socket.read() as Buffer | null
      if (chunk === null && !socket.readableEnded && !socket.destroyed) return
      for (const event of ['readable', 'end', 'close']) socket.off(event, look)
      resolve(chunk)
    }
    for (const event of ['readable', 'end', 'close']) socket.on(event, look)
    look()
  })
}

export function frame(kind: 't' | 'o' | 'e', data: Uint8Array | string = ''): Buffer {
  const content = Buffer.from(data)
  return Buffer.concat([head(kind, content.length), content])
}

export function exitFrame(code: number): Buffer {
  return head('x', code)
}

function head(kind: string, length: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes.write(kind, 'latin1')
  bytes.writeUInt32BE(length, 1)
  return bytes
}
