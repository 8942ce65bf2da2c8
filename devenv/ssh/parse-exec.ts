// What a client asks us to run → one of the few things we do. Nothing else is ever run, and nothing of the text is.
import {
  COMMON,
  isRepositoryName,
  MASTER,
  REPOSITORIES,
  type RepositoryName,
  SERVERS,
} from '../../servers/contract/names.ts'
import { parseVerb, type VerbCall } from '../control/parse-verb.ts'
import { isVerbWord, renderHelp } from '../control/verbs.ts'
import type { LogQuery, RecordSourceName } from '../records/log-query.ts'

export type SshRequest =
  | { readonly kind: 'git'; readonly service: 'receive-pack' | 'upload-pack'; readonly repository: RepositoryName }
  | { readonly kind: 'verb'; readonly call: VerbCall }
  | { readonly kind: 'logs'; readonly query: LogQuery }
  /** `message` is for the person at the other end. */
  | { readonly kind: 'refused'; readonly message: string }

const GIT = /^git[- ](receive-pack|upload-pack) '([^']{0,200})'$/
/** Asked for without our client's help, e.g. by `git archive --remote`. */
const ARCHIVE = /^git[- ]upload-archive '([^']{0,200})'$/
/** More than any verb takes. */
const COMMAND_MAX = 300

/** What people without a shell are told they can do. */
export const NO_SHELL = `shell access is not given; push with git, or use:\n${renderHelp(null, '  ')}`

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
  const words = text.split(/\s+/)
  if (text.length > COMMAND_MAX || !isVerbWord(words[0] ?? '')) return { kind: 'refused', message: NO_SHELL }
  const parsed = parseVerb(words, Date.now())
  if ('problem' in parsed) return { kind: 'refused', message: parsed.problem }
  if ('call' in parsed) return { kind: 'verb', call: parsed.call }
  if (developer !== MASTER && !OWN_SOURCES.includes(parsed.logs.source))
    return { kind: 'refused', message: `its logs are the operator's; yours are ${OWN_SOURCES.join(', ')}` }
  return { kind: 'logs', query: parsed.logs }
}

/** Whose records are a developer's own. */
const OWN_SOURCES: readonly RecordSourceName[] = [...SERVERS, 'redis']

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
