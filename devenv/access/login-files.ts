// Who may log in at the log page, as the yard remembers it: state/logins/<who>.json. What the viewer reads is a copy of these
// (publish-logins.ts). Tokens are told once, when they are made; nothing keeps them.
import { mkdir, readdir } from 'node:fs/promises'
import writeFileAtomic from 'write-file-atomic'
import {
  hashSecret,
  isLoginName,
  type LoginFile,
  makeLoginId,
  makeSecret,
  parseLoginFile,
} from '../../servers/contract/access.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { readState } from '../state/broken-state.ts'

/** A new token; the one before and every session are void as soon as this is published. */
export async function issueToken(layout: YardLayout, who: string): Promise<string> {
  const before = await readLogin(layout, who)
  const token = makeSecret('token')
  await write(layout, who, { ...newLogin(), ...(before && { person: before.person }), token: hashSecret(token) })
  return token
}

/** The login of somebody who may have no token yet. */
export async function ensureLogin(layout: YardLayout, who: string): Promise<LoginFile> {
  const known = await readLogin(layout, who)
  if (known !== null) return known
  const login = newLogin()
  await write(layout, who, login)
  return login
}

/** Names of everybody who has a login. */
export async function listLogins(layout: YardLayout): Promise<readonly string[]> {
  const files = await readdir(layout.logins).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return files.flatMap((file) => {
    const who = file.slice(0, -'.json'.length)
    return file.endsWith('.json') && isLoginName(who) ? [who] : []
  })
}

/** The text of a login's file, null when there is none. */
export async function readLoginText(layout: YardLayout, who: string): Promise<string | null> {
  return await readState(layout.loginOf(who))
}

/** Null: none, or a spoilt one, which lets nobody in. Throws `ROOT_UNUSABLE` for one of a newer edgeyard. */
async function readLogin(layout: YardLayout, who: string): Promise<LoginFile | null> {
  const text = await readLoginText(layout, who)
  if (text === null) return null
  const login = parseLoginFile(text)
  if (login === null && /"version":\s*([2-9]|\d\d)/.test(text))
    throw new EdgeyardError('ROOT_UNUSABLE', `Cannot use ${layout.loginOf(who)}: a newer edgeyard wrote it`)
  return login
}

async function write(layout: YardLayout, who: string, login: LoginFile): Promise<void> {
  await mkdir(layout.logins, { recursive: true, mode: 0o700 })
  await writeFileAtomic(layout.loginOf(who), `${JSON.stringify(login)}\n`, { mode: 0o600 })
}

function newLogin(): LoginFile {
  return { version: 1, person: makeLoginId(), epoch: makeLoginId(), token: null }
}
