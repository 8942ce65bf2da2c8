// `edgeyard templates diff|update`: a newer edgeyard brings newer templates; serverctrl is the operator's.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeyardError } from '../../../servers/contract/errors.ts'
import { MASTER } from '../../../servers/contract/names.ts'
import type { TemplateFiles } from '../../../templates/render.ts'
import { renderTable } from '../../control/render-status.ts'
import { diffText } from '../../git/merge-text.ts'
import { pushFiles } from '../../git/push-files.ts'
import { readTemplates } from '../../git/read-templates.ts'
import { readBase, rememberBase } from '../../git/templates-base.ts'
import type { CommandContext, ExitCode } from '../context.ts'
import { type FilePlan, type FileState, planUpdate, type Versions } from './plan-update.ts'

const SAYS: Readonly<Record<FileState, string>> = {
  same: 'as in this version',
  yours: 'changed by you',
  new: 'changed by this version',
  merged: 'changed by both, in different places',
  conflict: 'changed by both, in the same place',
  gone: 'not part of this version any more: remove it when you do not need it',
}

/** What `update` would change, as a patch; nothing is done. */
export async function templatesDiff(context: CommandContext, options: { json?: boolean }): Promise<ExitCode> {
  const { terminal } = context
  const plans = await planUpdate(await readVersions(context))
  if (options.json)
    terminal.print(
      JSON.stringify(
        plans.map(({ mine, next, ...plan }) => plan),
        null,
        2,
      ),
    )
  else {
    tellStates(context, plans)
    for (const { file, mine, next } of plans) {
      const patch = await diffText(file, mine, next)
      if (patch !== '') terminal.print(colour(patch, terminal.paint))
    }
    tellConflicts(context, plans)
  }
  return 0
}

/**
 * Pushes what only this version has changed, through the hooks: rendered, tested and switched, or refused as a whole. A file
 * with a conflict stays as it is until the operator has the new lines in it, or names it in `mine`.
 */
export async function templatesUpdate(
  context: CommandContext,
  options: { mine?: readonly string[] },
): Promise<ExitCode> {
  const { layout, terminal, command } = context
  const { mine: settled = [] } = options
  const versions = await readVersions(context)
  const plans = await planUpdate(versions)
  const unknown = settled.find((file) => !plans.some((plan) => plan.file === file))
  if (unknown !== undefined)
    throw new EdgeyardError(
      'TEMPLATE_INVALID',
      `Cannot settle ${unknown}: it is none of ${plans.map(({ file }) => file).join(', ')}`,
    )
  tellStates(context, plans)
  const changed = plans.filter(({ file, mine, next }) => mine !== next && !settled.includes(file))
  if (changed.length > 0) {
    await pushFiles(layout, {
      repository: 'serverctrl',
      branches: [MASTER],
      files: new Map(changed.map(({ file, next }) => [file, Buffer.from(next)])),
      message: 'Templates of a newer edgeyard',
      onProgress: (line) => terminal.tell(line),
    })
  }
  const open = plans.filter(({ file, state }) => state === 'conflict' && !settled.includes(file))
  await rememberBase(
    layout,
    baseAfter(
      versions,
      open.map(({ file }) => file),
    ),
  )
  terminal.tell(
    changed.length === 0
      ? 'There was nothing to push.'
      : `serverctrl has the new ${changed.map(({ file }) => file).join(', ')}.`,
  )
  tellConflicts(context, open)
  if (open.length === 0) return 0
  terminal.tell(`Put the new lines in by a push to serverctrl, or keep yours: ${command} templates update --mine FILE`)
  return 1
}

/** A file whose conflict is open is looked at from where it was the next time, too. */
function baseAfter({ base, theirs }: Versions, open: readonly string[]): TemplateFiles {
  const kept = open.flatMap((file) => (base[file] === undefined ? [] : [[file, base[file]] as const]))
  return { ...theirs, ...Object.fromEntries(kept) }
}

async function readVersions({ layout, projectRoot }: CommandContext): Promise<Versions> {
  const mine = await readTemplates(layout, MASTER)
  if (mine === null) throw new EdgeyardError('TEMPLATE_INVALID', 'There is nothing to compare: the yard was never up')
  const folder = join(projectRoot, 'templates')
  const names = (await readdir(folder)).filter((name) => /\.(hbs|values\.yaml)$/.test(name))
  const texts = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)
  return { mine, base: await readBase(layout), theirs: Object.fromEntries(await Promise.all(texts)) }
}

function tellStates({ terminal }: CommandContext, plans: readonly FilePlan[]): void {
  terminal.tell(renderTable(plans.map(({ file, state }) => [file, SAYS[state]])))
}

function tellConflicts({ terminal }: CommandContext, plans: readonly FilePlan[]): void {
  for (const { file, conflicts } of plans) {
    for (const { line, mine, theirs } of conflicts) {
      terminal.tell(terminal.paintTold('red', `${file}:${line}: both changed this`))
      terminal.tell(`${marked('yours', mine)}${marked('new  ', theirs)}`.trimEnd())
    }
  }
}

function marked(who: string, text: string): string {
  return text === '' ? `  ${who} | (nothing)\n` : text.replace(/^.*\n/gm, (line) => `  ${who} | ${line}`)
}

function colour(patch: string, paint: CommandContext['terminal']['paint']): string {
  return patch
    .trimEnd()
    .split('\n')
    .map((line) => (line.startsWith('+') ? paint('green', line) : line.startsWith('-') ? paint('red', line) : line))
    .join('\n')
}
