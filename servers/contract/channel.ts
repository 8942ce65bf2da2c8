// What an edge-server and its supervisor say to each other on fd 3: one JSON object a line, in both directions.
// fd 3 is a Unix stream socket. The server boots, says `ready`, waits for `listen`, takes its port and says `listening`.
// One that was started with `--wait` is told its release first, with the word to `begin`.
// If the supervisor goes away before `listen`, the server exits; after it, the server serves on and does not care. The channel stays
// open: a server that should be replaced says so, one that nobody uses, and one that has let go of its port.
import { EdgeyardError } from './errors.ts'

/** A script's failure while it was loaded or started, told by the server before it exits with 1. */
export interface StartFailure {
  /** `script`: loading threw; `start`: the start hook rejected; `conf`, `listen`: what the name says. */
  readonly phase: 'conf' | 'script' | 'start' | 'listen'
  readonly code: string
  readonly message: string
  /** The stack in TypeScript lines. */
  readonly stack?: string
  /** The first of the script's own frames, for file:line:column and a caret. The file is relative to the release. */
  readonly at?: { readonly file: string; readonly line: number; readonly column: number }
}

export type FromServer =
  | { readonly type: 'ready' }
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'failed'; readonly failure: StartFailure }
  /** It serves, and should be replaced by a new process before it has to end. */
  | { readonly type: 'replace'; readonly why: 'memory' }
  /** It serves nobody, and nobody has been connected for `idle_stop`. Said again after each time as long. */
  | { readonly type: 'idle' }
  /** It was idle, and is used again: of several workers all have to be idle at once. */
  | { readonly type: 'used' }
  /** It drains, and does not listen any more: whoever connects from here on is answered by somebody else. */
  | { readonly type: 'let-go' }

/** The release is there now: what `--release` and `EDGEYARD_RELEASE` say where they are known from the start. */
export interface Begin {
  readonly type: 'begin'
  /** Its folder, absolute. */
  readonly release: string
  readonly name: string
}

/** Throws `PROTOCOL` for anything else. */
export function parseBegin(line: string): Begin {
  const { type, release, name } = parseObject(line)
  if (type !== 'begin' || typeof release !== 'string' || typeof name !== 'string') throw unexpected(line)
  return { type, release, name }
}

export interface ToServer {
  readonly type: 'listen'
  /** Which process the server is for everybody else: in a pid namespace of its own it is 1 to itself. */
  readonly pid?: number
  /** What port 0 of the conf stands for: the first of several workers has taken it. */
  readonly port?: number
}

/** The file descriptor of the channel. */
export const CHANNEL_FD = 3

/** The longest line either side accepts; a stack is the longest thing that is sent. */
export const CHANNEL_LINE_BYTES_MAX = 64 * 1024

const FROM_SERVER = new Set(['ready', 'listening', 'failed', 'replace', 'idle', 'used', 'let-go'])

/** Throws `PROTOCOL` for anything that is not a message of a server. */
export function parseFromServer(line: string): FromServer {
  const value = parseObject(line)
  if (typeof value.type !== 'string' || !FROM_SERVER.has(value.type)) throw unexpected(line)
  return value as unknown as FromServer
}

/** Throws `PROTOCOL` for anything that is not a message of a supervisor. */
export function parseToServer(line: string): ToServer {
  const value = parseObject(line)
  const { type, pid, port } = value
  if (type !== 'listen') throw unexpected(line)
  for (const number of [pid, port]) {
    if (number !== undefined && (!Number.isSafeInteger(number) || Number(number) < 1)) throw unexpected(line)
  }
  return {
    type,
    ...(pid === undefined ? {} : { pid: Number(pid) }),
    ...(port === undefined ? {} : { port: Number(port) }),
  }
}

function parseObject(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Falls through to the one error below: what arrived is shown there.
  }
  throw unexpected(line)
}

function unexpected(line: string): EdgeyardError {
  return new EdgeyardError('PROTOCOL', `Cannot understand this line on fd ${CHANNEL_FD}: ${line.slice(0, 200)}`)
}
