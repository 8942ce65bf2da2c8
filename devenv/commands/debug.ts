// `edgeyard debug SERVER DEVELOPER`: makes the sandbox take a debugger, and says how to attach it.
import { sandboxKey } from '../../servers/contract/names.ts'
import { renderDebugHints } from '../sandbox/debug-hints.ts'
import { ask, type CommandContext, type ExitCode, parseSandbox } from './context.ts'

/** No port is opened here: the debugger comes through the ssh connection of a developer's key, or of master's. */
export async function debug(context: CommandContext, server: string, developer: string): Promise<ExitCode> {
  const name = parseSandbox(server, developer)
  await ask(context, 'debug', name)
  const { ssh } = await ask(context, 'status', {})
  const target = `${name.server}.${developer}` as const
  context.terminal.print(`${sandboxKey(name)} takes debuggers; ${developer} leaves out ".${developer}".`)
  context.terminal.print(renderDebugHints({ target, ...ssh }))
  return 0
}
