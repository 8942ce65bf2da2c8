// The one thing that is forwarded: `ssh -L 9229:SERVER:9229` leads to the debugger of the developer's own sandbox. No port is opened for it
// anywhere but on the developer's machine, by their ssh.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { ServerChannel } from 'ssh2'
import { DEBUG_GREETING } from '../../servers/contract/debug.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { isDeveloperName, isServerName, MASTER, type SandboxName } from '../../servers/contract/names.ts'
import type { By } from '../control/by.ts'
import { callControl } from '../control/call.ts'

const GREETING_DEADLINE_MS = 3_000

/** What a forwarding is for: `socketserver` is one's own; the key of master may say `socketserver.dev1`. Null for anything else. */
export function parseDebugTarget(host: string, developer: string): SandboxName | null {
  const [server = '', of = developer, ...more] = host.split('.')
  if (!isServerName(server) || more.length > 0) return null
  if (of !== developer && (developer !== MASTER || !isDeveloperName(of))) return null
  return { server, developer: of }
}

/** Resolves with a connection to the sandbox's debugger. Throws DEBUGGER_UNAVAILABLE, or what the daemon says. */
export async function connectDebugger(control: string, name: SandboxName, by: By): Promise<Socket> {
  const { socket: path } = await callControl(control, 'debug', name, { by })
  const socket = connect(path)
  socket.on('error', () => {})
  if (await isGreeted(socket)) return socket
  socket.destroy()
  throw new EdgeyardError('DEBUGGER_UNAVAILABLE', `Cannot debug ${name.server}: what answers is no debugger`)
}

/** Both ways, until one end closes. */
export function join(channel: ServerChannel, socket: Socket): Promise<void> {
  channel.on('error', () => socket.destroy())
  channel.on('close', () => socket.destroy())
  socket.on('close', () => channel.close())
  channel.pipe(socket).pipe(channel)
  return once(socket, 'close').then(() => {})
}

/** The folder is the script's to write into: nothing is sent before the greeting, so a link put there leads to nothing. */
async function isGreeted(socket: Socket): Promise<boolean> {
  const deadline = AbortSignal.timeout(GREETING_DEADLINE_MS)
  try {
    while (socket.readableLength < DEBUG_GREETING.length) {
      if (socket.readableEnded || socket.destroyed) return false
      await once(socket, 'readable', { signal: deadline })
    }
    return socket.read(DEBUG_GREETING.length)?.toString('latin1') === DEBUG_GREETING
  } catch {
    return false
  }
}
