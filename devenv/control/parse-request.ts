// What arrives on the control socket becomes a typed request here, or an error; the handlers trust it.
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { isDeveloperName, isRepositoryName, isServerName } from '../../servers/contract/names.ts'
import { BUILT_COMMIT } from '../../servers/contract/release.ts'
import { AUDIT_ENTRIES_MAX, isAuditEntry } from './audit-entry.ts'
import { parseBy } from './by.ts'
import type { ControlRequest, ControlVerb } from './protocol.ts'
import { isReleaseText } from './release-text.ts'

type Fields = Readonly<Record<string, unknown>>

/** Of a turn: a repository and a developer. */
const KEY_CHARACTERS_MAX = 100

const COMMIT = /^[0-9a-f]{40}$/

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null
const isText = (value: unknown): value is string => typeof value === 'string'
const isCommit = (value: unknown) => isText(value) && COMMIT.test(value)
const isListOf = (value: unknown, isItem: (item: unknown) => boolean) => Array.isArray(value) && value.every(isItem)

const isDeveloper = (value: unknown) => isText(value) && isDeveloperName(value)
const isSandbox = (value: unknown) =>
  isObject(value) && isText(value.server) && isServerName(value.server) && isDeveloper(value.developer)
const isCandidate = (value: unknown) =>
  isSandbox(value) && isObject(value) && isText(value.commit) && BUILT_COMMIT.test(value.commit) && isText(value.conf)
const isUpdate = (value: unknown) =>
  isObject(value) && isText(value.ref) && isCommit(value.oldCommit) && isCommit(value.newCommit)

const PARAMS: { readonly [Verb in ControlVerb]: (params: Fields) => boolean } = {
  status: () => true,
  facts: () => true,
  turn: ({ key, sandboxes }) =>
    (key === null || (isText(key) && key.length <= KEY_CHARACTERS_MAX)) && isListOf(sandboxes, isSandbox),
  confs: ({ server, developers }) =>
    isText(server) && isServerName(server) && (developers === null || isListOf(developers, isText)),
  reconcile: () => true,
  rename: ({ from, to }) => isText(from) && isDeveloperName(from) && isText(to) && isDeveloperName(to),
  up: () => true,
  down: () => true,
  'hand-over': () => true,
  boot: (params) => isListOf(params.candidates, isCandidate),
  switch: (params) =>
    isText(params.repository) && isRepositoryName(params.repository) && isListOf(params.updates, isUpdate),
  restart: isSandbox,
  debug: isSandbox,
  stop: isSandbox,
  start: isSandbox,
  reload: isSandbox,
  releases: ({ server, developer }) =>
    (server === null || (isText(server) && isServerName(server))) && isDeveloper(developer),
  rollback: (params) =>
    isSandbox(params) && (params.release === null || (isText(params.release) && isReleaseText(params.release))),
  redis: ({ developer, act }) => isDeveloper(developer) && (act === 'restart' || act === 'flush'),
  audit: ({ entries }) => isListOf(entries, isAuditEntry) && (entries as unknown[]).length <= AUDIT_ENTRIES_MAX,
}

/** Throws `PROTOCOL` for anything that is not a request of ours. */
export function parseRequest(line: string): ControlRequest {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new EdgeyardError('PROTOCOL', 'Cannot read the request: it is not one line of JSON')
  }
  const { verb, params, by: named } = isObject(value) ? value : {}
  if (!isText(verb) || !Object.hasOwn(PARAMS, verb)) {
    throw new EdgeyardError('PROTOCOL', `Cannot do ${JSON.stringify(verb ?? null).slice(0, 60)}: there is no such verb`)
  }
  if (!isObject(params) || !PARAMS[verb as ControlVerb](params)) {
    throw new EdgeyardError('PROTOCOL', `Cannot do "${verb}": its parameters are not what it takes`)
  }
  const by = parseBy(named)
  if (by === undefined) throw new EdgeyardError('PROTOCOL', `Cannot do "${verb}": it does not say who asks for it`)
  return { verb: verb as ControlVerb, params: params as ControlRequest['params'], by }
}
