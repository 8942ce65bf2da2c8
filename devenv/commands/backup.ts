// `edgeyard backup` and `edgeyard restore`: a yard in one file, and back.
import { backupYard, inMib } from '../backup/backup-yard.ts'
import { restoreYard } from '../backup/restore-yard.ts'
import { callControl } from '../control/call.ts'
import type { CommandContext, ExitCode } from './context.ts'

export async function backup(
  { layout, terminal }: CommandContext,
  file: string,
  options: { json?: boolean },
): Promise<ExitCode> {
  const onProgress = (line: string) => terminal.tell(line)
  const made = await backupYard(layout, file, { now: new Date(), onProgress })
  if (options.json) terminal.print(JSON.stringify({ file: made.file, bytes: made.bytes, ...made.manifest }, null, 2))
  else terminal.tell(`${made.file}: ${inMib(made.bytes)}. It holds every secret of the yard.`)
  return 0
}

export async function restore(context: CommandContext, file: string, options: { json?: boolean }): Promise<ExitCode> {
  const { layout, terminal, command } = context
  const runs = await callControl(layout.control, 'status', {}).then(
    () => true,
    () => false,
  )
  if (runs) {
    terminal.tell(`A yard runs in ${layout.root}: name another folder with --root.`)
    return 1
  }
  const manifest = await restoreYard(file, layout, (line) => terminal.tell(line))
  if (options.json) terminal.print(JSON.stringify({ ...manifest, root: layout.root, from: manifest.root }, null, 2))
  else
    terminal.tell(
      `Restored ${manifest.developers.length} developers of ${manifest.root} into ${layout.root}, with the same ports and keys.\n` +
        `Releases are built again at the start: ${command} up --root ${layout.root}`,
    )
  return 0
}
