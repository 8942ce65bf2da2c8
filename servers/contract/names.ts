// The names everybody agrees on: which servers exist, what a developer may be called, what a sandbox is.
import { EdgeyardError } from './errors.ts'

/** The servers of a yard, in the order in which they are listed and started. */
export const SERVERS = ['httpserver', 'socketserver', 'dtserver'] as const
export type ServerName = (typeof SERVERS)[number]

/** The library that all scripts may import, as `common/NAME`. Only the operator may read and push its repository. */
export const COMMON = 'common'

/** The git repositories of a yard: the configuration, the common library, and one for each server's scripts. */
export const REPOSITORIES = ['serverctrl', COMMON, ...SERVERS] as const
export type RepositoryName = (typeof REPOSITORIES)[number]

/** The base that everybody inherits from, and the shared environment. A branch, and a developer's name. */
export const MASTER = 'master'

/** The branch of a server's repository on which the yard keeps the types of all that a script may import. Nobody's own. */
export const TYPES_BRANCH = 'types'

/** One server of one developer. */
export interface SandboxName {
  readonly server: ServerName
  readonly developer: string
}

const DEVELOPER_NAME = /^[a-z][a-z0-9-]{0,30}$/

/** Words that would be confused with something else in a ref, a folder or a table. */
const RESERVED = new Set(['head', 'all', 'operator', 'edgeyard', 'refs', TYPES_BRANCH, ...REPOSITORIES])

export function isServerName(text: string): text is ServerName {
  return (SERVERS as readonly string[]).includes(text)
}

export function isRepositoryName(text: string): text is RepositoryName {
  return (REPOSITORIES as readonly string[]).includes(text)
}

/** True for a name that is safe as a branch, a folder, a syslog tag and a MySQL account at once. */
export function isDeveloperName(text: string): boolean {
  return DEVELOPER_NAME.test(text) && !RESERVED.has(text)
}

/** Throws `DEVELOPER_NAME` unless {@link isDeveloperName} holds. */
export function parseDeveloperName(text: string): string {
  if (isDeveloperName(text)) return text
  throw new EdgeyardError(
    'DEVELOPER_NAME',
    `Cannot use "${text}" as a developer's name: it must be 1 to 31 characters of a-z, 0-9 and "-", begin with a letter, and not be a word edgeyard uses itself`,
  )
}

/** `socketserver/dev1`, the form in which a sandbox is named in messages and keys. */
export function sandboxKey({ server, developer }: SandboxName): string {
  return `${server}/${developer}`
}
