// What a client asks us to run → one of the few things we do. Nothing else is ever run, and nothing of the text is.
import {
  isRepositoryName,
  isServerName,
  REPOSITORIES,
  type RepositoryName,
  SERVERS,
  type ServerName,
} from '../../servers/contract/names.ts'

export type SshRequest =
  | { readonly kind: 'git'; readonly service: 'receive-pack' | 'upload-pack'; readonly repository: RepositoryName }
  | { readonly kind: 'status' }
  | { readonly kind: 'act'; readonly verb: 'restart' | 'stop' | 'start'; readonly server: ServerName }
  /** `message` is for the person at the other end. */
  | { readonly kind: 'refused'; readonly message: string }

const GIT = /^git[- ](receive-pack|upload-pack) '([^']{0,200})'$/
const VERB = /^(restart|stop|start) (\S{1,40})$/

/** What people without a shell are told they can do. */
export const NO_SHELL = `shell access is not given; push with git, or use: status, ${['restart', 'stop', 'start'].map((verb) => `${verb} SERVER`).join(', ')}`

/** To somebody who gave none, or more: another developer's sandbox is not to be had. */
const ONE_SERVER = `say which server of yours: ${SERVERS.join(', ')}`

export function parseExec(command: string): SshRequest {
  const text = command.trim()
  const git = GIT.exec(text)
  if (git !== null) return gitRequest(git[1] as 'receive-pack' | 'upload-pack', git[2] ?? '')
  if (text === 'status') return { kind: 'status' }
  const verb = VERB.exec(text)
  if (verb === null) return { kind: 'refused', message: /^(restart|stop|start)\b/.test(text) ? ONE_SERVER : NO_SHELL }
  const server = verb[2] ?? ''
  if (!isServerName(server))
    return { kind: 'refused', message: `there is no such server; there are ${SERVERS.join(', ')}` }
  return { kind: 'act', verb: verb[1] as 'restart' | 'stop' | 'start', server }
}

function gitRequest(service: 'receive-pack' | 'upload-pack', path: string): SshRequest {
  const name = path
    .replace(/^\//, '')
    .replace(/\/$/, '')
    .replace(/\.git$/, '')
  if (isRepositoryName(name)) return { kind: 'git', service, repository: name }
  return { kind: 'refused', message: `there is no such repository; there are ${REPOSITORIES.join(', ')}` }
}
