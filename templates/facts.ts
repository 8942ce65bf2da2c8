// What templates know of the yard beside the values: {{ROOT}}, {{USER_NAME}} and so on. No values file may say these.
// A fact may hold whatever can stand between quotes (a root folder with spaces, a password), so templates quote them.
import type { DeveloperFacts, YardFacts } from './render.ts'

/** In every template. */
export const YARD_NAMES = ['ROOT', 'HOST'] as const

/** In templates that are rendered for one developer. */
export const DEVELOPER_NAMES = [
  ...YARD_NAMES,
  'USER_NAME',
  'REDIS_PORT',
  'REDIS_SOCKET',
  'REDIS_PASSWORD',
  'DATA_DIR',
  'MYSQL_ADDRESS',
  'MYSQL_DATABASE',
  'MYSQL_USER',
  'MYSQL_PASSWORD',
  'HTTPSERVER_URL',
  'TLS_FILE',
] as const

/** Of each item of the list DEVELOPERS, in templates that are rendered once for all. */
export const LIST_NAMES = ['NAME', 'UID'] as const

export const FACT_NAMES: ReadonlySet<string> = new Set([...DEVELOPER_NAMES, 'DEVELOPERS'])

/** Throwing a quote open is all that a quoted text can do to its directive. */
export const FACT_UNSAFE = /[\p{Cc}"'\\]/u

type Facts<Name extends string> = Readonly<Record<Name, string | number>>

export function yardFacts({ root, host }: YardFacts): Facts<(typeof YARD_NAMES)[number]> {
  return { ROOT: root, HOST: bracketed(host) }
}

/** Where httpserver is, as the values say for a developer: by its name where a certificate has to fit it. */
export interface HttpserverFacts {
  readonly port: number
  readonly tls: boolean
  readonly serverName: string
}

/** What the values say for this developer. */
export function developerFacts(
  facts: YardFacts,
  developer: DeveloperFacts,
  { redisPort, httpserver }: { redisPort: number; httpserver: HttpserverFacts },
): Facts<(typeof DEVELOPER_NAMES)[number]> {
  return {
    ...yardFacts(facts),
    USER_NAME: developer.name,
    REDIS_PORT: redisPort,
    REDIS_PASSWORD: developer.redisPassword,
    // These two as devenv/sandbox lays out a yard.
    REDIS_SOCKET: `${facts.root}/run/redis/${developer.name}/db`,
    DATA_DIR: `${facts.root}/redis/${developer.name}/data`,
    MYSQL_ADDRESS: facts.mysql.address,
    MYSQL_DATABASE: facts.mysql.database,
    MYSQL_USER: developer.mysqlUser,
    MYSQL_PASSWORD: developer.mysqlPassword,
    HTTPSERVER_URL: httpserver.tls
      ? `https://${httpserver.serverName}:${httpserver.port}`
      : `http://${reachable(facts.host)}:${httpserver.port}`,
    TLS_FILE: facts.tls?.file ?? '',
  }
}

export function listFacts({ developers }: YardFacts): Facts<(typeof LIST_NAMES)[number]>[] {
  return developers.map(({ name, uid }) => ({ NAME: name, UID: uid ?? '' }))
}

/** Passwords, which no message may show. */
export function secretsOf({ developers }: YardFacts): string[] {
  const secrets = developers.flatMap(({ redisPassword, mysqlPassword }) => [redisPassword, mysqlPassword])
  return [...new Set(secrets)].filter((secret) => secret !== '')
}

/** An IPv6 address needs brackets before a port. */
function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** "Every address" can be listened on, but not connected to. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return bracketed(host === '::' ? '::1' : host)
}
