// A sandbox that takes debuggers: its server is told by a signal, and is ready when its socket is there.
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { DEBUG_SIGNAL, DEBUG_SOCKET } from '../../servers/contract/debug.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { sandboxKey } from '../../servers/contract/names.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import type { Sandbox } from './sandbox.ts'
import { askUntil } from './within.ts'

/** Its thread starts in a fraction of this; a script that blocks the event loop delays the signal. */
const DEADLINE_MS = 5_000

/** Resolves with the socket's path. Throws DEBUGGER_UNAVAILABLE. */
export async function takeDebuggers(sandbox: Sandbox, layout: YardLayout): Promise<string> {
  const socket = join(layout.sandbox(sandbox.name).folder, DEBUG_SOCKET)
  if (!sandbox.signal(DEBUG_SIGNAL)) {
    throw new EdgeyardError('DEBUGGER_UNAVAILABLE', `Cannot debug ${sandboxKey(sandbox.name)}: it is not running`)
  }
  if (await askUntil(() => isSocket(socket), { ms: DEADLINE_MS })) return socket
  throw new EdgeyardError(
    'DEBUGGER_UNAVAILABLE',
    `Cannot debug ${sandboxKey(sandbox.name)}: it did not open ${DEBUG_SOCKET} within ${DEADLINE_MS} ms`,
  )
}

async function isSocket(path: string): Promise<boolean> {
  return await lstat(path).then(
    (stat) => stat.isSocket(),
    () => false,
  )
}
