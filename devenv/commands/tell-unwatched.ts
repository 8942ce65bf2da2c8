// What `up` adds when it fails and leaves a yard that runs without a daemon: after a take-over, or after the last one was killed.
import { isAlive } from '../exec/process-table.ts'
import { readRunFiles } from '../supervisor/run-files.ts'
import { askIfRunning, type CommandContext } from './context.ts'

/** Says what runs on and what to run next; nothing where a daemon answers, or nothing runs. Does not reject. */
export async function tellUnwatched(context: CommandContext): Promise<void> {
  const { layout, terminal, command } = context
  const daemon = await askIfRunning(context, 'status', {}).catch(() => undefined)
  if (daemon !== null) return
  // A newer edgeyard may have written files that this one does not read.
  const left = (await readRunFiles(layout).catch(() => [])).filter(isAlive)
  if (left.length === 0) return
  terminal.tell(
    `${left.length} processes of this yard run on, and nobody watches them: what ends stays down, and nobody can push.`,
  )
  terminal.tell(`Mend what is said above and run "${command} up", or "up" of the edgeyard that ran before.`)
}
