// What lets a developer in: their keys, and their login at the log page.
import { rm } from 'node:fs/promises'
import type { YardLayout } from '../sandbox/layout.ts'
import { publishLogin } from './publish-logins.ts'

/** Nobody gets in by it any more, neither they nor somebody of their name later. May be done again. */
export async function forgetAccess(layout: YardLayout, name: string): Promise<void> {
  for (const file of layout.belongings(name).access) await rm(file, { force: true })
  await publishLogin(layout, name)
}
