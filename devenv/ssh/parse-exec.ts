// What a client asks us to run → one of the few things we do. Nothing else is ever run, and nothing of the text is.
import {
  COMMON,
  isRepositoryName,
  isServerName,
  MASTER,
  REPOSITORIES,
  type RepositoryName,
  SERVERS,
  type ServerName,
} from '../../servers/contract/names.ts'

export type SshRequest =
  | { readonly kind: 'git'; readonly service: 'receive-pack' | 'upload-pack'; readonly repository: RepositoryName }
  | { readonly kind: 'status' }
  | { readonly kind: 'act'; readonly verb: 'restart' | 'stop' | 'start'; readonly server: ServerName }
  | { readonly kind: 'debug'; readonly server: ServerName }
  /** `message` is for the person at the other end. */
  | { readonly kind: 'refused'; readonly message: string }

const GIT = /^git[- ](receive-pack|upload-pack) '([^']{0,200})'$/
/** Asked for without our client's help, e.g. by `git archive --remote`. */
const ARCHIVE = /^git[- ]upload-archive '([^']{0,200})'$/
const VERB = /^(restart|stop|start|debug) (\S{1,40})$/

/** What people without a shell are told they can do. */
export const NO_SHELL = `shell access is not given; push with git, or use: status, ${['restart', 'stop', 'start', 'debug'].map((verb) => `${verb} SERVER`).join(', ')}`

/** To somebody who gave none, or more: another developer's sandbox is not to be had. */
const ONE_SERVER = `say which server of yours: ${SERVERS.join(', ')}`

/** To a developer: what they may have of the common library instead. */
const COMMON_CLOSED =
  'the common library is read and pushed by the operator only; its documentation is on the log page under /docs/, its types are on the branch "types" of your repositories'

/** `developer`: whose key is proven. */
export function parseExec(command: string, developer: string): SshRequest {
  const text = command.trim()
  const archive = ARCHIVE.exec(text)
  if (archive !== null) return refuseArchive(archive[1] ?? '', developer)
  const git = GIT.exec(text)
  if (git !== null) return gitRequest(git[1] as 'receive-pack' | 'upload-pack', git[2] ?? '', developer)
  if (text === 'status') return { kind: 'status' }
  const verb = VERB.exec(text)
  if (verb === null)
    return { kind: 'refused', message: /^(restart|stop|start|debug)\b/.test(text) ? ONE_SERVER : NO_SHELL }
  const server = verb[2] ?? ''
  if (!isServerName(server))
    return { kind: 'refused', message: `there is no such server; there are ${SERVERS.join(', ')}` }
  if (verb[1] === 'debug') return { kind: 'debug', server }
  return { kind: 'act', verb: verb[1] as 'restart' | 'stop' | 'start', server }
}

function gitRequest(service: 'receive-pack' | 'upload-pack', path: string, developer: string): SshRequest {
  const name = repositoryName(path)
  if (isClosed(name, developer)) return { kind: 'refused', message: COMMON_CLOSED }
  if (isRepositoryName(name)) return { kind: 'git', service, repository: name }
  return { kind: 'refused', message: `there is no such repository; there are ${REPOSITORIES.join(', ')}` }
}

function refuseArchive(path: string, developer: string): SshRequest {
  if (isClosed(repositoryName(path), developer)) return { kind: 'refused', message: COMMON_CLOSED }
  return { kind: 'refused', message: 'archives are not made here; clone the repository' }
}

/** Whether a developer is kept from reading a repository, in any way. Master's key is the operator's. */
function isClosed(repository: string, developer: string): boolean {
  return repository === COMMON && developer !== MASTER
}

function repositoryName(path: string): string {
  return path
    .replace(/^\//, '')
    .replace(/\/$/, '')
    .replace(/\.git$/, '')
}
