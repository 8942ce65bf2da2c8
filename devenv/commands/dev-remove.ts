// `edgeyard dev rm`: everything a developer had goes, but their branches; those stay as refs/removed.
import { forgetAccess } from '../access/forget-access.ts'
import { tellActs } from '../control/untold-acts.ts'
import { removeDeveloper, requireRemovable } from '../developers/developers.ts'
import { writeRemoval } from '../developers/removals.ts'
import { askIfRunning, type CommandContext, type ExitCode } from './context.ts'

export interface RemoveOptions {
  readonly keepData?: boolean
  readonly yes?: boolean
  /** Asks the person at the terminal; null where there is none. */
  readonly confirm: ((question: string) => Promise<boolean>) | null
}

/** What is deleted cannot be brought back, so it is asked for, or `--yes` says so; `--keep-data` needs no question. */
export async function devRemove(context: CommandContext, name: string, options: RemoveOptions): Promise<ExitCode> {
  const { layout, terminal, command } = context
  const { keepData = false, yes = false, confirm } = options
  await requireRemovable(layout, name)
  if (!keepData && !yes) {
    const what = `the releases, records and Redis data of ${name}`
    if (confirm === null) {
      terminal.tell(`Nothing is removed. Say what becomes of ${what}:`)
      terminal.tell(
        `  ${command} dev rm ${name} --keep-data    puts them aside\n  ${command} dev rm ${name} --yes          deletes them`,
      )
      return 1
    }
    if (!(await confirm(`Delete ${what} for ever? (--keep-data puts them aside)`))) {
      terminal.tell('Nothing is removed.')
      return 1
    }
  }
  const begin = performance.now()
  await writeRemoval(layout, { name, keepData, at: new Date().toISOString() })
  // Before the developer: cut off behind it, somebody of the same name later would be reached with these keys and this token.
  await forgetAccess(layout, name)
  await removeDeveloper(layout, name)
  const status = await askIfRunning(context, 'reconcile', {})
  const entry = { act: 'dev rm', target: name, old: name, new: null, result: 'done', ms: performance.now() - begin }
  await tellActs(layout, [entry])
  const then = status === null ? ' with the next "edgeyard up"' : ''
  terminal.tell(
    `Removed ${name}: sandboxes, accounts, ports, keys and token. Branches stay as refs/removed/${name}/COMMIT; releases, records and Redis data are ${keepData ? `put aside in ${layout.state}/removed` : 'deleted'}${then}.`,
  )
  return 0
}
