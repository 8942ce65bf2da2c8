// The viewer's copy of who may log in: run/access, which its user can read and nobody else. It watches the folder, so that what is
// written here counts at once.
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isLoginName, OPERATOR_NAME } from '../../servers/contract/access.ts'
import { readDevelopers } from '../developers/developers.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { ensureFolder, VIEWER_UID } from '../supervisor/folders.ts'
import { writeConf } from '../supervisor/services/write-conf.ts'
import { ensureLogin, listLogins, readLoginText } from './login-files.ts'

const isRoot = () => process.getuid?.() === 0

export async function ensureAccessFolder(layout: YardLayout): Promise<void> {
  const owner = isRoot() ? { uid: 0, gid: VIEWER_UID } : undefined
  await ensureFolder(layout.access, { mode: 0o750, owner })
}

/** A file of the folder, for the viewer's user. */
export async function writeAccessFile(layout: YardLayout, name: string, text: string): Promise<void> {
  await writeConf(join(layout.access, name), text, isRoot() ? VIEWER_UID : null)
}

/** Makes the copy what the logins are: everybody's who is in this yard, and the operator's. */
export async function publishLogins(layout: YardLayout): Promise<void> {
  await ensureAccessFolder(layout)
  await ensureLogin(layout, OPERATOR_NAME)
  const known = new Set([OPERATOR_NAME, ...(await readDevelopers(layout)).map(({ name }) => name)])
  const names = (await listLogins(layout)).filter((name) => known.has(name))
  // New ones first: who gets another name is never without a login.
  for (const name of names) await publishLogin(layout, name)
  for (const file of await readdir(layout.access)) {
    const name = file.slice(0, -'.json'.length)
    if (isLoginName(name) && !names.includes(name)) await rm(join(layout.access, file), { force: true })
  }
}

/** One of them, or its absence. */
export async function publishLogin(layout: YardLayout, who: string): Promise<void> {
  await ensureAccessFolder(layout)
  const file = join(layout.access, `${who}.json`)
  // Once more when somebody has written meanwhile: what was revoked must not be published after it.
  for (let text = await readLoginText(layout, who), written = await readOrNull(file); text !== written; ) {
    if (text === null) await rm(file, { force: true })
    else await writeAccessFile(layout, `${who}.json`, text)
    written = text
    text = await readLoginText(layout, who)
  }
}

async function readOrNull(file: string): Promise<string | null> {
  return await readFile(file, 'utf8').catch(() => null)
}
