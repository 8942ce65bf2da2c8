// What a developer may ask for over ssh beside git: the state of their own sandboxes, their restart, stop and
// start, and how to debug them.
import { messageOf } from '../../servers/contract/errors.ts'
import { MASTER, type ServerName } from '../../servers/contract/names.ts'
import type { By } from '../control/by.ts'
import { callControl } from '../control/call.ts'
import { renderSandboxes } from '../control/render-status.ts'
import { renderDebugHints } from '../sandbox/debug-hints.ts'
import { say, type Visit } from './visit.ts'

export type VerbRequest =
  | { readonly kind: 'status' }
  | { readonly kind: 'debug'; readonly server: ServerName }
  | { readonly kind: 'act'; readonly verb: 'restart' | 'stop' | 'start'; readonly server: ServerName }

/** Resolves with the exit code. A client that leaves changes nothing for what it asked for. */
export async function runVerb(
  visit: Visit,
  request: VerbRequest,
  who: { socket: string; developer: string; by: By },
): Promise<number> {
  const { channel, gone } = visit
  const { socket, developer, by } = who
  const print = (line: string) => {
    visit.onMoved()
    if (!gone.aborted) channel.write(`${line}\n`)
  }
  try {
    if (request.kind === 'status') {
      const { sandboxes } = await callControl(socket, 'status', {}, { signal: gone })
      // Master is everybody's base, so its key sees everybody.
      print(renderSandboxes(developer === MASTER ? sandboxes : sandboxes.filter((one) => one.developer === developer)))
      return 0
    }
    const name = { server: request.server, developer }
    if (request.kind === 'debug') {
      await callControl(socket, 'debug', name, { signal: gone, by })
      const { ssh } = await callControl(socket, 'status', {}, { signal: gone })
      print(renderDebugHints({ target: request.server, ...ssh }))
      return 0
    }
    const after = await callControl(socket, request.verb, name, { onProgress: print, signal: gone, by })
    print(`${after.server} of ${after.developer} is ${after.state}${after.release ? `, release ${after.release}` : ''}`)
    return 0
  } catch (error) {
    if (gone.aborted) return 1
    say(channel, messageOf(error))
    return 1
  }
}
