// `edgeyard restart|stop|start SERVER DEVELOPER`.
import { sandboxKey } from '../../servers/contract/names.ts'
import { ask, type CommandContext, type ExitCode, parseSandbox } from './context.ts'

/** Resolves when it has happened, not before. */
export async function act(
  context: CommandContext,
  verb: 'restart' | 'stop' | 'start',
  server: string,
  developer: string,
): Promise<ExitCode> {
  const after = await ask(context, verb, parseSandbox(server, developer))
  const release = after.release === null ? '' : `, release ${after.release}`
  context.terminal.print(`${sandboxKey(after)} is ${after.state}${release}`)
  // A start that did not come up is told by its state, and by the exit code.
  return after.state === (verb === 'stop' ? 'stopped' : 'ready') ? 0 : 1
}
