// `edgeyard render --check`: serverctrl's live templates, rendered; what is wrong, or what differs from what runs, or from what the
// yard was when it went down.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { isServerName, MASTER } from '../../servers/contract/names.ts'
import { type RenderedConf, type TemplateFiles, warningsOf, type YardFacts } from '../../templates/render.ts'
import { renderYard } from '../../templates/render-yard.ts'
import { readDevelopers } from '../developers/developers.ts'
import { readAllTemplates } from '../git/read-templates.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { readSettings } from '../settings/read-settings.ts'
import { findTlsCopy } from '../supervisor/tls.ts'
import { yardFacts } from '../supervisor/yard-facts.ts'
import { askIfRunning, type CommandContext, type ExitCode } from './context.ts'
import { renderDiagnostics } from './render-error.ts'

/** Exit code 1 when something is wrong, and when something would change; a warning is neither. Writes nothing. Throws `TEMPLATE_INVALID` before the first start. */
export async function renderCheck(context: CommandContext): Promise<ExitCode> {
  const { layout, terminal } = context
  const facts = (await askIfRunning(context, 'facts', {})) ?? (await factsOfNext(context))
  const { [MASTER]: files = {}, ...branches } = await liveTemplates(
    layout,
    facts.developers.map(({ name }) => name),
  )
  const { confs, diagnostics } = renderYard({ files, branches, facts })
  if (diagnostics.length > 0) {
    for (const text of renderDiagnostics(diagnostics, terminal.paint)) terminal.print(text)
    return 1
  }
  for (const text of renderDiagnostics(warningsOf(confs), terminal.paint)) terminal.print(`Warning: ${text}`)
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

/** What the next daemon would say. */
async function factsOfNext({ layout, terminal, command }: CommandContext): Promise<YardFacts> {
  if (!existsSync(layout.repository('serverctrl')))
    throw new EdgeyardError('TEMPLATE_INVALID', 'There is nothing to render: the yard was never up')
  terminal.tell(`The yard is down: this is about what "${command} up" would start with`)
  const settings = await readSettings(layout.settings)
  const file = settings.tls === null ? null : await findTlsCopy(layout)
  return yardFacts({ layout, settings, ...(file === null ? {} : { tls: { file } }) }, await readDevelopers(layout))
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
