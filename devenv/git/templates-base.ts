// Which templates serverctrl started from: refs/templates/base, as this project had them, without the yard's ports and people.
import type { TemplateFiles } from '../../templates/render.ts'
import { runOk } from '../exec/run-command.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { commitFiles, readBranchFiles } from './commit-files.ts'
import { gitCommand } from './git.ts'

const BASE = 'refs/templates/base'

export async function rememberBase(layout: YardLayout, files: TemplateFiles): Promise<void> {
  await commitFiles(layout, {
    repository: 'serverctrl',
    branch: BASE,
    files: new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])),
    message: 'The templates that this yard has been brought to',
  })
}

/** A yard that is older than the ref: its first commit, in which ports and people are too. */
export async function readBase(layout: YardLayout): Promise<TemplateFiles> {
  const base = await readBranchFiles(layout, 'serverctrl', BASE)
  if (base.size > 0) return textsOf(base)
  const args = ['rev-list', '--max-parents=0', 'refs/heads/master']
  const { stdout } = await runOk(gitCommand(layout.repository('serverctrl'), args))
  const first = stdout.toString().trim().split('\n').at(-1) ?? ''
  return textsOf(await readCommitFiles(layout, first))
}

async function readCommitFiles(layout: YardLayout, commit: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const folder = layout.repository('serverctrl')
  const names = (await runOk(gitCommand(folder, ['ls-tree', '--name-only', '-z', commit]))).stdout
    .toString()
    .split('\0')
  return new Map(
    await Promise.all(
      names.filter(Boolean).map(async (name) => {
        return [name, (await runOk(gitCommand(folder, ['cat-file', 'blob', `${commit}:${name}`]))).stdout] as const
      }),
    ),
  )
}

const textsOf = (files: ReadonlyMap<string, Uint8Array>): TemplateFiles =>
  Object.fromEntries([...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString('utf8')]))
