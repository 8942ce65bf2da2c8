// A link that logs in once: for the operator's browser, and for `edgeyard logs`. It lies with the viewer alone and is gone with
// the next boot; what stands behind `#` in an address is sent to no server and written into no log.
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  hashSecret,
  LINK_FILE_NAME,
  type LinkFile,
  linkFileName,
  makeSecret,
  parseLinkFile,
} from '../../servers/contract/access.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { ensureLogin } from './login-files.ts'
import { publishLogin, writeAccessFile } from './publish-logins.ts'

/** Long enough to find the window with the line in it. */
const LINK_VALID_MS = 60 * 60 * 1000

/** Returns the secret of the link. */
export async function createLoginLink(layout: YardLayout, who: string, nowMs: number): Promise<string> {
  const { epoch } = await ensureLogin(layout, who)
  await publishLogin(layout, who)
  await removeExpired(layout, nowMs)
  const secret = makeSecret('link')
  const expires = new Date(nowMs + LINK_VALID_MS).toISOString()
  const link: LinkFile = { version: 1, epoch, secret: hashSecret(secret), expires }
  await writeAccessFile(layout, linkFileName(secret), `${JSON.stringify(link)}\n`)
  return secret
}

/** Where a browser logs in with a token or with the secret of a link. */
export function loginUrl(viewerUrl: string, secret: string): string {
  return `${viewerUrl}login#token=${secret}`
}

async function removeExpired(layout: YardLayout, nowMs: number): Promise<void> {
  const files = (await readdir(layout.access)).filter((file) => LINK_FILE_NAME.test(file))
  for (const file of files) {
    const path = join(layout.access, file)
    const link = parseLinkFile(await readFile(path, 'utf8').catch(() => ''))
    if (link === null || Date.parse(link.expires) <= nowMs) await rm(path, { force: true })
  }
}
