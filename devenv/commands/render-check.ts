// `edgeyard render --check`: serverctrl's live templates, rendered; what is wrong, or what differs from what runs.
import { readFile } from 'node:fs/promises'
import { isServerName, MASTER } from '../../servers/contract/names.ts'
import type { RenderedConf, TemplateFiles } from '../../templates/render.ts'
import { renderYard } from '../../templates/render-yard.ts'
import { readAllTemplates } from '../git/read-templates.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { ask, type CommandContext, type ExitCode } from './context.ts'
import { renderDiagnostics } from './render-error.ts'

/** Exit code 1 when something is wrong, and when something would change. Writes nothing. Throws `YARD_NOT_RUNNING`. */
export async function renderCheck(context: CommandContext): Promise<ExitCode> {
  const { layout, terminal } = context
  const facts = await ask(context, 'facts', {})
  const { [MASTER]: files = {}, ...branches } = await liveTemplates(
    layout,
    facts.developers.map(({ name }) => name),
  )
  const { confs, diagnostics } = renderYard({ files, branches, facts })
  if (diagnostics.length > 0) {
    for (const text of renderDiagnostics(diagnostics, terminal.paint)) terminal.print(text)
    return 1
  }
  const differing: string[] = []
  for (const conf of confs) {
    const current = await readFile(pathOf(layout, conf), 'utf8').catch(() => null)
    if (current !== conf.text) differing.push(`${conf.template} of ${conf.developer}`)
  }
  if (differing.length === 0) {
    terminal.print(`Nothing would change: ${confs.length} confs are what serverctrl says`)
    return 0
  }
  for (const name of differing) terminal.print(`Would change: ${name}`)
  return 1
}

async function liveTemplates(
  layout: YardLayout,
  developers: readonly string[],
): Promise<Record<string, TemplateFiles>> {
  return Object.fromEntries(await readAllTemplates(layout, [...new Set([MASTER, ...developers])]))
}

function pathOf(layout: YardLayout, { template, developer }: RenderedConf): string {
  if (template === 'rsyslog') return layout.rsyslog.conf
  if (template === 'redis') return layout.redis(developer).conf
  return isServerName(template) ? layout.sandbox({ server: template, developer }).conf : ''
}
