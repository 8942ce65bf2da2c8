// `edgeyard dev rename`: another name, and everything stays: ports, number, passwords, data, branches, keys.
import { readFile } from 'node:fs/promises'
import { checkRename, finishRename } from '../developers/rename-developer.ts'
import { forgetRename, readRename, writeRename } from '../developers/rename-journal.ts'
import { isAlive } from '../exec/process-table.ts'
import { holdRoot } from '../supervisor/hold-root.ts'
import { readRunFiles } from '../supervisor/run-files.ts'
import { askIfRunning, type CommandContext, type ExitCode } from './context.ts'
import { remoteUrl } from './render-yard-status.ts'

export async function devRename(context: CommandContext, from: string, to: string): Promise<ExitCode> {
  const { layout, terminal, command } = context
  await checkRename(layout, { from, to })
  const status = await askIfRunning(context, 'rename', { from, to })
  if (status === null) {
    // No daemon may begin meanwhile.
    const held = await holdRoot(layout.root)
    try {
      const begun = await readRename(layout)
      if (begun !== null || (await readRunFiles(layout)).some(isAlive)) {
        terminal.tell(`A daemon that died left something: bring the yard up first, with "${command} up".`)
        return 1
      }
      await writeRename(layout, { from, to })
      await finishRename(layout, { from, to })
      await forgetRename(layout)
    } finally {
      await held.letGo()
    }
  }
  terminal.tell(`${from} is called ${to} now: same ports, keys and data. A work tree of theirs goes on with:`)
  if (status !== null) terminal.print(`git remote set-url origin ${remoteUrl(status.ssh, 'socketserver')}`)
  terminal.print(`git branch -m ${from} ${to} && git fetch && git branch -u origin/${to}`)
  const settings = await readFile(layout.settings, 'utf8').catch(() => '')
  if (new RegExp(`(^|[\\s{,])${from}\\s*:`, 'm').test(settings))
    terminal.tell(`${layout.settings} says something for ${from}: change the name there, too.`)
  return 0
}
