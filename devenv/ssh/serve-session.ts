// One session of somebody whose key is proven: one command of git, or one verb.
import type { ServerChannel, Session } from 'ssh2'
import { messageOf } from '../../servers/contract/errors.ts'
import { QUOTAS_DEFAULT, quotasOf } from '../sandbox/quotas.ts'
import type { Guest } from './guest.ts'
import { LOGGED_OUT, logOut } from './log-out.ts'
import { type Identity, isStill } from './login.ts'
import { NO_SHELL, parseExec, type SshRequest } from './parse-exec.ts'
import { planGit, runGit } from './run-git.ts'
import { runLogs } from './run-logs.ts'
import { runVerb } from './run-verb.ts'
import type { SshOptions } from './ssh-options.ts'
import { say, withVisit } from './visit.ts'

interface Terms {
  readonly identity: Identity
  readonly options: SshOptions
}

/** One command; `free` is called when it is over and the session closed. A terminal, a subsystem, forwarding and so on have no listener here, and are refused by ssh2. */
export function serveSession(
  guest: Guest,
  session: Session,
  { identity, options, free }: Terms & { free(): void },
): void {
  let protocol: string | undefined
  let begun = false
  // One that is closed without a command keeps its place: ssh2 keeps it for as long as the connection lasts.
  let ends = 0
  const end = () => {
    if (++ends === 2) free()
  }
  session.once('close', end)
  session.on('env', (accept, _reject, { key, val }) => {
    if (key === 'GIT_PROTOCOL') protocol = val
    // Refused or not makes no difference to clients; saying yes spares them a warning.
    accept?.()
  })
  const begin = (channel: ServerChannel, act: () => Promise<unknown>) => {
    begun = true
    guest.channels.add(channel)
    const work = act()
      .catch((error: unknown) => {
        options.onRecord?.({ severity: 'error', message: `A command over ssh failed: ${messageOf(error)}`, fields: {} })
        say(channel, `the yard cannot do that now: ${messageOf(error)}`)
        channel.exit(1)
        channel.close()
      })
      .finally(() => {
        guest.channels.delete(channel)
        guest.working.delete(work)
        end()
      })
    guest.working.add(work)
  }
  session.on('shell', (accept, reject) => {
    if (begun) return reject?.()
    const channel = accept()
    begin(channel, () => withVisit(channel, guest.socket, async () => refuse(channel, NO_SHELL)))
  })
  session.on('exec', (accept, reject, { command }) => {
    if (begun) return reject?.()
    const channel = accept()
    begin(channel, () => serveCommand(guest, channel, command, { identity, protocol, options }))
  })
}

async function serveCommand(
  guest: Guest,
  channel: ServerChannel,
  text: string,
  who: Terms & { protocol: string | undefined },
): Promise<void> {
  const { layout, onRecord, beforeFetch, onPush, quotas = QUOTAS_DEFAULT } = who.options
  const { developer, fingerprint } = who.identity
  const request = parseExec(text, developer)
  let known = true
  const exitCode = await withVisit(channel, guest.socket, async (visit) => {
    known = await isStill(layout, who.identity)
    if (!known) return refuse(channel, LOGGED_OUT)
    switch (request.kind) {
      case 'git':
        if (request.service === 'upload-pack') await beforeFetch?.()
        else onPush?.({ repository: request.repository, developer }, visit.gone)
        return runGit(visit, planGit(layout, request, { identity: who.identity, quotas, protocol: who.protocol }), {
          service: request.service,
          pushBytesMax: quotasOf(quotas, developer).push,
        })
      case 'refused':
        return refuse(channel, request.message)
      case 'logs':
        return runLogs(visit, request.query, { layout, developer })
      case 'verb':
        return runVerb(visit, request.call, {
          ...{ socket: layout.control, developer, by: { who: developer, key: fingerprint } },
        })
    }
  })
  if (!known) return logOut(guest, who.options)
  onRecord?.({
    severity: request.kind === 'refused' ? 'notice' : 'info',
    message: `${developer} used ${usedText(request)}`,
    fields: {
      fingerprint,
      exitCode,
      ip: guest.socket.remoteAddress,
      ...(request.kind === 'refused' ? { command: text.slice(0, 200) } : {}),
    },
  })
}

/** Nothing a client chose freely. */
function usedText(request: SshRequest): string {
  if (request.kind === 'git') return `${request.service} ${request.repository}`
  if (request.kind === 'verb') return [request.call.verb, request.call.server ?? []].flat().join(' ')
  return request.kind === 'logs' ? `logs ${request.query.source}` : request.kind
}

function refuse(channel: ServerChannel, message: string): number {
  say(channel, message)
  return 1
}
