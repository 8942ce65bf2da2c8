// Logins of a yard, written as devenv writes them, for tests.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  hashSecret,
  type LinkFile,
  type LoginFile,
  linkFileName,
  makeLoginId,
  makeSecret,
  parseLoginFile,
} from '../../servers/contract/access.ts'

export interface Logins {
  readonly folder: string
  /** A new token; everything that was given out before is void. */
  issue(who: string): string
  revoke(who: string): void
  rename(from: string, to: string): void
  /** The secret of a link that logs in once. */
  link(who: string, expires?: string): string
  of(who: string): LoginFile
}

export function createLogins(root: string): Logins {
  const folder = join(root, 'run', 'access')
  mkdirSync(folder, { recursive: true })
  const fileOf = (who: string) => join(folder, `${who}.json`)
  const write = (name: string, value: LoginFile | LinkFile) => {
    const next = join(folder, `.${name}.new`)
    writeFileSync(next, JSON.stringify(value))
    renameSync(next, join(folder, name))
  }
  const read = (who: string) => {
    try {
      return parseLoginFile(readFileSync(fileOf(who), 'utf8'))
    } catch {
      return null
    }
  }
  return {
    folder,
    issue(who) {
      const token = makeSecret('token')
      const person = read(who)?.person ?? makeLoginId()
      write(`${who}.json`, { version: 1, person, epoch: makeLoginId(), token: hashSecret(token) })
      return token
    },
    revoke: (who) => rmSync(fileOf(who), { force: true }),
    rename: (from, to) => renameSync(fileOf(from), fileOf(to)),
    link(who, expires = new Date(Date.now() + 3_600_000).toISOString()) {
      const secret = makeSecret('link')
      write(linkFileName(secret), { version: 1, epoch: read(who)!.epoch, secret: hashSecret(secret), expires })
      return secret
    },
    of: (who) => read(who)!,
  }
}
