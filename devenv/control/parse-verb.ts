// Words, or the name of a ref → one verb with its parts. Nothing of the text goes further than into what is allowed here.
import { isServerName, type RepositoryName, SERVERS, type ServerName } from '../../servers/contract/names.ts'
import { type LogQuery, parseLogQuery } from '../records/log-query.ts'
import { isReleaseText } from './release-text.ts'
import { VERBS, type Verb, type VerbName } from './verbs.ts'

export interface VerbCall {
  /** `logs` asks the files, not the daemon: it is parsed to a query of its own. */
  readonly verb: Exclude<VerbName, 'logs'>
  /** Null where none was named, or none is needed. */
  readonly server: ServerName | null
  readonly release: string | null
  /** For `help`. */
  readonly of: VerbName | null
  readonly json: boolean
}

/** `problem` is for the person who typed it. */
export type ParsedVerb = { readonly call: VerbCall } | { readonly logs: LogQuery } | { readonly problem: string }

const PLAIN = { server: null, release: null, of: null, json: false } as const

/** What came over ssh, split at white space. `nowMs`: what `--since 10m` counts from. */
export function parseVerb(words: readonly string[], nowMs: number): ParsedVerb {
  const verb: (typeof VERBS)[number] | undefined = VERBS.find(({ name }) =>
    `${words.join(' ')} `.startsWith(`${name} `),
  )
  if (verb === undefined) return { problem: noVerb(words) }
  const rest = words.slice(verb.name.split(' ').length)
  if (verb.name === 'logs') {
    const query = parseLogQuery(rest, nowMs)
    return typeof query === 'string' ? { problem: query } : { logs: query }
  }
  const json = rest.includes('--json')
  const args = rest.filter((word) => word !== '--json')
  if (json && !verb.json) return { problem: `"${verb.name}" has no --json` }
  const option = args.find((word) => word.startsWith('-'))
  if (option !== undefined) return { problem: `"${verb.name}" has no such option; see "help ${verb.name}"` }
  return parseArgs(verb, args, { ...PLAIN, verb: verb.name, json })
}

/** A ref below `refs/ctl`, as pushed to a repository; undefined when it asks for nothing that is there. */
export function parseCtl(ref: string, repository: RepositoryName): VerbCall | undefined {
  const server = isServerName(repository) ? repository : null
  const kind = server === null ? 'serverctrl' : 'scripts'
  const path = ref.startsWith('refs/ctl/') ? ref.slice('refs/ctl/'.length) : ''
  const verb = VERBS.find((one) => (one as Verb).ctl.includes(kind) && path === one.name.replace(' ', '/'))
  if (verb !== undefined && verb.name !== 'logs') return { ...PLAIN, verb: verb.name, server }
  const release = /^rollback\/(.+)$/.exec(path)?.[1]
  if (server === null || release === undefined || !isReleaseText(release)) return undefined
  return { ...PLAIN, verb: 'rollback', server, release }
}

function parseArgs(verb: Verb, args: readonly string[], call: VerbCall): ParsedVerb {
  const [first, second, ...more] = args
  const tooMany = { problem: `that is more than "${verb.name}" takes; see "help ${verb.name}"` }
  if (verb.takes === '') return first === undefined ? { call } : tooMany
  if (verb.takes === '[VERB]') {
    if (first === undefined) return { call }
    const of = VERBS.find(({ name }) => name === args.join(' '))
    return of === undefined ? { problem: noVerb(args) } : { call: { ...call, of: of.name } }
  }
  if (first === undefined) return verb.takes === '[SERVER]' ? { call } : { problem: ONE_SERVER }
  if (!isServerName(first)) return { problem: `there is no such server; there are ${SERVERS.join(', ')}` }
  if (second === undefined) return { call: { ...call, server: first } }
  // Another developer's sandbox is not to be had.
  if (verb.takes !== 'SERVER [RELEASE]' || more.length > 0) return { problem: ONE_SERVER }
  if (!isReleaseText(second)) return { problem: 'a release is named as in "releases"' }
  return { call: { ...call, server: first, release: second } }
}

/** To somebody who gave none, or more. */
const ONE_SERVER = `say which server of yours: ${SERVERS.join(', ')}`

function noVerb(words: readonly string[]): string {
  const known = VERBS.map(({ name }) => name).join(', ')
  return words[0] === 'redis' ? 'say "redis restart" or "redis flush"' : `there is no such verb; there are ${known}`
}
