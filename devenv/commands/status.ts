// `edgeyard status`: what runs.
import { ask, type CommandContext, type ExitCode } from './context.ts'
import { renderYardStatus } from './render-yard-status.ts'
import { tellStrangers } from './strangers.ts'

/** Throws `YARD_NOT_RUNNING`. */
export async function status(context: CommandContext, options: { json?: boolean }): Promise<ExitCode> {
  const { terminal } = context
  const answer = await ask(context, 'status', {})
  terminal.print(options.json ? JSON.stringify(answer, null, 2) : renderYardStatus(answer, context))
  await tellStrangers(context)
  return 0
}
