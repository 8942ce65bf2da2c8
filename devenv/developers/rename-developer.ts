// A developer gets another name: keys, branches, folders, sections. Number, users, ports and passwords stay what they are.
// Every step looks first whether it has been done, so that the same walk finishes one that was cut off anywhere.
import { existsSync } from 'node:fs'
import { link, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { MASTER, parseDeveloperName, REPOSITORIES, type RepositoryName, SERVERS } from '../../servers/contract/names.ts'
import { renameSection } from '../../templates/edit-values.ts'
import { runOk } from '../exec/run-command.ts'
import { commitFiles, readBranchFiles } from '../git/commit-files.ts'
import { gitCommand } from '../git/git.ts'
import { listBranches } from '../git/refs.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { readDevelopers } from './developers.ts'
import type { Rename } from './rename-journal.ts'

/** Throws DEVELOPER_NAME, DEVELOPER_UNKNOWN or DEVELOPER_EXISTS, and says what has the name: a developer, folders, keys or a branch. */
export async function checkRename(layout: YardLayout, { from, to }: Rename): Promise<void> {
  parseDeveloperName(to)
  const cannot = `Cannot rename "${from}" to "${to}"`
  if (from === MASTER || to === MASTER) {
    throw new EdgeyardError('DEVELOPER_NAME', `${cannot}: "${MASTER}" is everybody's`)
  }
  const names = (await readDevelopers(layout)).map(({ name }) => name)
  if (!names.includes(from)) throw new EdgeyardError('DEVELOPER_UNKNOWN', `${cannot}: there is no developer "${from}"`)
  if (names.includes(to)) throw new EdgeyardError('DEVELOPER_EXISTS', `${cannot}: there is such a developer already`)
  const left = [...foldersOf(layout, to), layout.keysOf(to)].find((path) => existsSync(path))
  if (left !== undefined)
    throw new EdgeyardError('DEVELOPER_EXISTS', `${cannot}: ${left} is there, of another one; move it away first`)
  for (const repository of repositoriesOf(layout)) {
    if (!(await listBranches(layout, repository)).has(to)) continue
    throw new EdgeyardError('DEVELOPER_EXISTS', `${cannot}: ${repository} has a branch "${to}"`)
  }
}

/** Nothing of the developer may run. */
export async function finishRename(layout: YardLayout, { from, to }: Rename): Promise<void> {
  const [old, next] = [foldersOf(layout, from), foldersOf(layout, to)]
  for (const [index, folder] of old.entries()) await move(folder, next[index]!)
  for (const server of SERVERS) {
    const memory = (name: string) => join(layout.state, 'sandboxes', `${server}-${name}.json`)
    await move(memory(from), memory(to))
  }
  await move(layout.keysOf(from), layout.keysOf(to))
  await move(join(layout.logins, `${from}.json`), join(layout.logins, `${to}.json`))
  const repositories = repositoriesOf(layout)
  for (const repository of repositories) await renameRefs(layout, repository, { from, to })
  if (repositories.includes('serverctrl'))
    for (const branch of [MASTER, to]) await renameSections(layout, branch, { from, to })
  // Last: until now the old one is the developer, so that nobody else gets the name or the number.
  await renameFile(layout, { from, to })
}

/** A yard that was never up has none. */
function repositoriesOf(layout: YardLayout): readonly RepositoryName[] {
  return REPOSITORIES.filter((repository) => existsSync(layout.repository(repository)))
}

function foldersOf(layout: YardLayout, name: string): string[] {
  return [layout.root, layout.archive].flatMap((place) => [...SERVERS, 'redis'].map((kind) => join(place, kind, name)))
}

async function move(from: string, to: string): Promise<void> {
  if (!existsSync(to)) {
    await rename(from, to).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
}

/** Their branch, and what is told of their sandboxes in refs/live and refs/log, all of a repository at once. */
async function renameRefs(layout: YardLayout, repository: RepositoryName, { from, to }: Rename): Promise<void> {
  const folder = layout.repository(repository)
  const { stdout } = await runOk(gitCommand(folder, ['for-each-ref', '--format=%(objectname) %(refname)']))
  const refs = new Map(
    stdout
      .toString()
      .split('\n')
      .filter((line) => /^[0-9a-f]{40} refs\/(heads|live\/[a-z]+|log\/[a-z]+)\/[^/]+$/.test(line))
      .map((line) => [line.slice(41), line.slice(0, 40)] as const),
  )
  const lines = [...refs].flatMap(([ref, commit]) => {
    if (!ref.endsWith(`/${from}`)) return []
    const next = `${ref.slice(0, -from.length)}${to}`
    return refs.has(next) ? [] : [`create ${next} ${commit}\n`, `delete ${ref} ${commit}\n`]
  })
  if (lines.length > 0) await runOk(gitCommand(folder, ['update-ref', '--stdin']), { input: lines.join('') })
}

/** On serverctrl's master and on the developer's own branch, where the section they may push to is. */
async function renameSections(layout: YardLayout, branch: string, { from, to }: Rename): Promise<void> {
  const files = await readBranchFiles(layout, 'serverctrl', branch)
  const texts = Object.fromEntries(
    [...files]
      .filter(([path]) => path.endsWith('.values.yaml'))
      .map(([path, bytes]) => [path, Buffer.from(bytes).toString('utf8')]),
  )
  const renamed = renameSection(texts, from, to)
  const changed = Object.keys(renamed).filter((path) => renamed[path] !== texts[path])
  if (changed.length === 0) return
  for (const path of changed) files.set(path, Buffer.from(renamed[path]!))
  await commitFiles(layout, { repository: 'serverctrl', branch, files, message: `${from} is called ${to} now` })
}

async function renameFile({ developers }: YardLayout, { from, to }: Rename): Promise<void> {
  const [old, next] = [from, to].map((name) => join(developers, `${name}.json`)) as [string, string]
  if (existsSync(old) && !existsSync(next)) {
    const developer = JSON.parse(await readFile(old, 'utf8')) as { index: number }
    await writeFileAtomic(next, `${JSON.stringify({ ...developer, name: to }, null, 2)}\n`, { mode: 0o600 })
  }
  if (!existsSync(next)) return
  await rm(old, { force: true })
  const { index } = JSON.parse(await readFile(next, 'utf8')) as { index: number }
  const claim = join(developers, `.${index}`)
  // The claim is the file itself, as when a developer is made.
  await rm(claim, { force: true })
  await link(next, claim)
}
