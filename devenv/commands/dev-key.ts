// `edgeyard dev key …`: what a developer logs in with. A change counts from the next login on; nothing has to be told.
import { readFile } from 'node:fs/promises'
import { renderTable } from '../control/render-status.ts'
import { tellActs } from '../control/untold-acts.ts'
import { requireDeveloper } from '../developers/developers.ts'
import { addKey, readKeys, removeKey } from '../developers/keys.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import type { CommandContext, ExitCode } from './context.ts'
import { readKeyFile } from './dev.ts'
import { renderDiagnostics } from './render-error.ts'

export async function devKeyAdd({ layout, terminal }: CommandContext, name: string, file: string): Promise<ExitCode> {
  const added = await addKey(layout, name, await readKeyFile(file))
  if (added.length === 0) terminal.tell(`${name} has this key already`)
  for (const { fingerprint, comment } of added) terminal.tell(`Added ${fingerprint} ${comment}`.trimEnd())
  await reportKeys(layout, 'dev key add', name, added)
  return 0
}

/** `which`: a .pub file, a fingerprint, or a comment. */
export async function devKeyRemove(
  { layout, terminal }: CommandContext,
  name: string,
  which: string,
): Promise<ExitCode> {
  const text = await readFile(which, 'utf8').catch(() => which)
  const removed = await removeKey(layout, name, text)
  for (const { fingerprint, comment } of removed) terminal.tell(`Removed ${fingerprint} ${comment}`.trimEnd())
  await reportKeys(layout, 'dev key rm', name, removed)
  return 0
}

async function reportKeys(
  layout: YardLayout,
  act: 'dev key add' | 'dev key rm',
  target: string,
  keys: readonly { readonly fingerprint: string }[],
): Promise<void> {
  const entries = keys.map(({ fingerprint }) => ({
    ...{ act, target, result: 'done', ms: 0 },
    old: act === 'dev key rm' ? fingerprint : null,
    new: act === 'dev key add' ? fingerprint : null,
  }))
  await tellActs(layout, entries)
}

export async function devKeyList(context: CommandContext, name: string): Promise<ExitCode> {
  const { layout, terminal } = context
  await requireDeveloper(layout, name)
  const { keys, diagnostics } = await readKeys(layout, name)
  const rows = keys.map(({ type, fingerprint, comment }) => [type, fingerprint, comment])
  if (rows.length > 0) terminal.print(renderTable(rows))
  else terminal.tell(`${name} has no key yet: ${context.command} dev key add ${name} FILE.pub`)
  for (const text of renderDiagnostics(diagnostics, terminal.paintTold)) terminal.tell(text)
  return diagnostics.length === 0 ? 0 : 1
}
