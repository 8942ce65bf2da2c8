// `edgeyard doctor`: what this machine lacks for a yard, and what to do about it.
import type { CommandContext, ExitCode } from './context.ts'
import { type Finding, lookAtMachine, lookAtRoot, lookAtYard } from './findings.ts'

/** Prints one line a finding; 1 when one of them keeps a yard from working. */
export async function doctor(context: CommandContext): Promise<ExitCode> {
  const { terminal } = context
  let failed = false
  for (const look of [lookAtMachine, lookAtRoot, lookAtYard]) {
    for (const finding of await look(context)) {
      terminal.print(renderFinding(finding, terminal.paint))
      if (finding.state === 'fail') failed = true
    }
  }
  return failed ? 1 : 0
}

function renderFinding({ state, what, advice }: Finding, paint: CommandContext['terminal']['paint']): string {
  const style = { ok: 'green', warn: 'yellow', fail: 'red' } as const
  return `${paint(style[state], state.padEnd(4))}  ${what}${advice === undefined ? '' : `\n      ${advice}`}`
}
