// `edgeyard down`: everything of the yard stops, in order, then its daemon.
import { setTimeout as after } from 'node:timers/promises'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { identifyProcess, isAlive } from '../exec/process-table.ts'
import { askIfRunning, type CommandContext, type ExitCode } from './context.ts'

/** How long the daemon may take to end after it has said that everything has stopped. */
const DAEMON_END_MS = 10_000
const LOOK_EVERY_MS = 50

/** A yard whose daemon does not run is down already: that is said, and no failure. Resolves when the daemon has ended too. */
export async function down(context: CommandContext): Promise<ExitCode> {
  const { terminal, layout } = context
  // A daemon that is just starting cannot tell its state, and can be stopped all the same.
  const status = await askIfRunning(context, 'status', {})
  const daemon = status === null ? null : identifyProcess(status.pid)
  if ((await askIfRunning(context, 'down', {})) === null) {
    terminal.tell(
      `No daemon of ${layout.root} runs. Sandboxes that one left behind: "edgeyard up" adopts them, then "edgeyard down" stops them.`,
    )
    return 0
  }
  // Not a child of ours: looking is the only way to know.
  for (let waited = 0; daemon !== null && isAlive(daemon); waited += LOOK_EVERY_MS) {
    if (waited >= DAEMON_END_MS) {
      throw new EdgeyardError(
        'CONTROL_FAILED',
        `Everything has stopped, but the daemon (pid ${daemon.pid}) has not ended`,
      )
    }
    await after(LOOK_EVERY_MS)
  }
  terminal.tell(`Stopped everything in ${layout.root}`)
  return 0
}
