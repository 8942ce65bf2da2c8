// Who may log in at the log page: a folder of small files, written by devenv and read by the viewer. No file holds a secret itself,
// only its hash; taking a file away, or writing it anew, takes back everything that was given out with it.
//
//   <folder>/<who>.json            LoginFile: a developer, or the operator
//   <folder>/link.<id>.json        LinkFile: a link that logs in once
import { createHash, randomBytes } from 'node:crypto'
import { isDeveloperName } from './names.ts'

/** Who owns the yard. No developer can have this name. */
export const OPERATOR_NAME = 'operator'

/** Whose records somebody sees who is logged in: `own` are one's own and the shared servers', `all` everybody's. */
export const LOG_VISIBILITIES = ['own', 'all'] as const
export type LogVisibility = (typeof LOG_VISIBILITIES)[number]

export interface LoginFile {
  readonly version: 1
  /** Stays when a new token is issued, and when the person gets another name. */
  readonly person: string
  /** Another one with every token that is issued: sessions belong to it. */
  readonly epoch: string
  /** Hash of the token; null: none has been issued, links may be. */
  readonly token: string | null
}

export interface LinkFile {
  readonly version: 1
  readonly epoch: string
  /** Hash of what stands in the link. */
  readonly secret: string
  /** ISO 8601 UTC. */
  readonly expires: string
}

/** What is found by trying has to be found among 2^256. */
const SECRET_BYTES = 32
const SECRET = /^eyl?_[A-Za-z0-9_-]{43}$/
const HASH = /^[0-9a-f]{64}$/
/** No login can have such a name. */
export const LINK_FILE_NAME = /^link\.([0-9a-f]{16})\.json$/
const ID = /^[0-9a-f]{32}$/

/** `ey_…` for a token, `eyl_…` for a link: so that whoever finds one knows what it opens. */
export function makeSecret(kind: 'token' | 'link'): string {
  return `${kind === 'token' ? 'ey_' : 'eyl_'}${randomBytes(SECRET_BYTES).toString('base64url')}`
}

export function makeLoginId(): string {
  return randomBytes(16).toString('hex')
}

/** True for what could be a token or the secret of a link. */
export function isSecret(text: string): boolean {
  return SECRET.test(text)
}

/** The secrets are random and long, so one round of SHA-256 is as good as many. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** The name of a link's file. */
export function linkFileName(secret: string): string {
  return `link.${hashSecret(secret).slice(0, 16)}.json`
}

/** True for who may have a LoginFile. */
export function isLoginName(text: string): boolean {
  return text === OPERATOR_NAME || isDeveloperName(text)
}

/** Null for a text that is no LoginFile. */
export function parseLoginFile(text: string): LoginFile | null {
  const { version, person, epoch, token } = parseObject(text)
  if (version !== 1 || !isId(person) || !isId(epoch)) return null
  if (token !== null && !isHash(token)) return null
  return { version, person, epoch, token }
}

/** Null for a text that is no LinkFile. */
export function parseLinkFile(text: string): LinkFile | null {
  const { version, epoch, secret, expires } = parseObject(text)
  if (version !== 1 || !isId(epoch) || !isHash(secret)) return null
  if (typeof expires !== 'string' || Number.isNaN(Date.parse(expires))) return null
  return { version, epoch, secret, expires }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

const isId = (value: unknown): value is string => typeof value === 'string' && ID.test(value)
const isHash = (value: unknown): value is string => typeof value === 'string' && HASH.test(value)
