// What up, status and doctor say of names in yard.yml that are no developer's. It is no error: a developer may be added later.
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Diagnostic } from '../../servers/contract/diagnostic.ts'
import { MASTER } from '../../servers/contract/names.ts'
import { readDevelopers } from '../developers/developers.ts'
import { findStrangers } from '../settings/find-strangers.ts'
import { readSettings } from '../settings/read-settings.ts'
import type { CommandContext } from './context.ts'
import { renderDiagnostics } from './render-error.ts'

export async function tellStrangers(context: CommandContext): Promise<void> {
  const { terminal } = context
  for (const text of renderDiagnostics(await readStrangers(context), terminal.paintTold)) terminal.tell(text)
}

/** Before the first start it is about those whom that will make. None where settings or developers cannot be read: `up` says why. */
export async function readStrangers({ layout }: CommandContext): Promise<readonly Diagnostic[]> {
  try {
    const text = await readFile(layout.settings, 'utf8')
    const isNew = (await stat(layout.developers).catch(() => null)) === null
    const names = isNew
      ? [MASTER, ...(await readSettings(layout.settings)).developersInitial]
      : (await readDevelopers(layout)).map(({ name }) => name)
    return findStrangers(text, basename(layout.settings), names)
  } catch {
    return []
  }
}
