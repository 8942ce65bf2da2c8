// `edgeyard doctor`: what this machine lacks for a yard, what to do about it, and what keeps sandboxes apart here.
import { messageOf } from '../../servers/contract/errors.ts'
import { renderTable } from '../control/render-status.ts'
import type { CommandContext, ExitCode } from './context.ts'
import { type Finding, lookAtMachine, lookAtRoot, lookAtSettings, lookAtYard } from './findings.ts'
import type { Protection } from './protections/measure-protections.ts'

/**
 * Prints one line a finding, and a table of the protections, each of which is tried from inside a sandbox; 1 when a finding
 * keeps a yard from working.
 */
export async function doctor(context: CommandContext, options: { json?: boolean } = {}): Promise<ExitCode> {
  const { terminal } = context
  const findings: Finding[] = []
  const tell = (finding: Finding) => {
    findings.push(finding)
    if (!options.json) terminal.print(renderFinding(finding, terminal.paint))
  }
  for (const look of [lookAtMachine, lookAtRoot, lookAtSettings, lookAtYard])
    for (const finding of await look(context)) tell(finding)
  const protections = await measure(context, tell)
  if (options.json) terminal.print(JSON.stringify({ findings, protections }, null, 2))
  else if (protections.length > 0) terminal.print(`\n${renderProtections(protections, terminal.paint)}`)
  return findings.some(({ state }) => state === 'fail') ? 1 : 0
}

async function measure(
  { projectRoot, terminal }: CommandContext,
  tell: (finding: Finding) => void,
): Promise<readonly Protection[]> {
  // A sandbox's parts are many, and no other command needs them.
  const { measureProtections } = await import('./protections/measure-protections.ts')
  try {
    return await measureProtections(projectRoot, (protection) => terminal.tell(`Trying to break: ${protection}`))
  } catch (error) {
    tell({
      state: 'warn',
      what: `the protections cannot be tried: ${messageOf(error)}`,
      advice: 'Until they can, trust what the yard says when it comes up.',
    })
    return []
  }
}

function renderFinding({ state, what, advice }: Finding, paint: CommandContext['terminal']['paint']): string {
  const style = { ok: 'green', warn: 'yellow', fail: 'red' } as const
  return `${paint(style[state], state.padEnd(4))}  ${what}${advice === undefined ? '' : `\n      ${advice}`}`
}

function renderProtections(protections: readonly Protection[], paint: CommandContext['terminal']['paint']): string {
  const rows = protections.map(({ protection, holds, how }) => [protection, holds ? 'yes' : 'NO', how])
  return renderTable([['PROTECTION', 'HOLDS', 'HOW'], ...rows]).replace(/(?<= {2})NO(?= {2})/g, (no) =>
    paint('red', no),
  )
}
