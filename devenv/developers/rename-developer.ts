// A developer gets another name: keys, branches, folders, sections. Number, users, ports and passwords stay what they are.
// Every step looks first whether it has been done, so that the same walk finishes one that was cut off anywhere.
import { existsSync } from 'node:fs'
import { link, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { MASTER, parseDeveloperName, REPOSITORIES, type RepositoryName } from '../../servers/contract/names.ts'
import { renameSection } from '../../templates/edit-values.ts'
import { commitFiles } from '../git/commit-files.ts'
import { readTemplates } from '../git/read-templates.ts'
import { isMovedMeanwhile, listRefs, updateRefs } from '../git/refs.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { readDeveloper } from './developers.ts'
import type { Rename } from './rename-journal.ts'
import { requireFreeName } from './require-free-name.ts'

/** Throws DEVELOPER_NAME, DEVELOPER_UNKNOWN or DEVELOPER_EXISTS, and says what has the name: a developer, folders, keys or a branch. */
export async function checkRename(layout: YardLayout, { from, to }: Rename): Promise<void> {
  const cannot = `Cannot rename "${from}" to "${to}"`
  parseDeveloperName(to)
  if (from === MASTER || to === MASTER) {
    throw new EdgeyardError('DEVELOPER_NAME', `${cannot}: "${MASTER}" is everybody's`)
  }
  if ((await readDeveloper(layout, from)) === null)
    throw new EdgeyardError('DEVELOPER_UNKNOWN', `${cannot}: there is no developer "${from}"`)
  await requireFreeName(layout, to, cannot)
}

/** Nothing of the developer may run. */
export async function finishRename(layout: YardLayout, { from, to }: Rename): Promise<void> {
  const next = pathsOf(layout, to)
  for (const [index, path] of pathsOf(layout, from).entries()) await move(path, next[index]!)
  // A yard that was never up has none.
  const repositories = REPOSITORIES.filter((repository) => existsSync(layout.repository(repository)))
  for (const repository of repositories) await renameRefs(layout, repository, { from, to })
  if (repositories.includes('serverctrl'))
    for (const branch of [MASTER, to]) await renameSections(layout, branch, { from, to })
  // Last: until now the old one is the developer, so that nobody else gets the name or the number.
  await renameFile(layout, { from, to })
}

/** In the same order for everybody. */
function pathsOf(layout: YardLayout, name: string): string[] {
  const { folders, access, memories } = layout.belongings(name)
  return [...folders.flatMap(({ folder, days }) => [folder, days]), ...memories, ...access]
}

async function move(from: string, to: string): Promise<void> {
  if (!existsSync(to)) {
    await rename(from, to).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
}

/** A push holds a ref for milliseconds, and git itself waits for a lock: more of them than this in a row is something else. */
const REF_TRIES_MAX = 10

/**
 * Their branch, and what is told of their sandboxes in refs/live and refs/log, all of a repository at once; where a push comes
 * between, as it left them.
 */
async function renameRefs(layout: YardLayout, repository: RepositoryName, names: Rename): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await updateRefs(layout, repository, await planRefs(layout, repository, names))
    } catch (error) {
      if (tries === REF_TRIES_MAX || !isMovedMeanwhile(error)) throw error
    }
  }
}

/** As they are now. */
async function planRefs(layout: YardLayout, repository: RepositoryName, { from, to }: Rename): Promise<string[]> {
  const refs = await listRefs(layout, repository, ['refs/heads/', 'refs/live/', 'refs/log/'])
  return [...refs].flatMap(([ref, commit]) => {
    if (!/^refs\/(heads|live\/[a-z]+|log\/[a-z]+)\/[^/]+$/.test(ref) || !ref.endsWith(`/${from}`)) return []
    const next = `${ref.slice(0, -from.length)}${to}`
    return refs.has(next) ? [] : [`create ${next} ${commit}`, `delete ${ref} ${commit}`]
  })
}

/** On serverctrl's master and on the developer's own branch, where the section they may push to is. */
async function renameSections(layout: YardLayout, branch: string, { from, to }: Rename): Promise<void> {
  const files = (await readTemplates(layout, branch)) ?? {}
  const renamed = renameSection(files, from, to)
  const changed = Object.keys(renamed).filter((path) => renamed[path] !== files[path])
  if (changed.length === 0) return
  await commitFiles(layout, {
    ...{ repository: 'serverctrl', branch, message: `${from} is called ${to} now` },
    files: new Map(changed.map((path) => [path, Buffer.from(renamed[path]!)])),
    // Whatever else a developer has pushed there is none of our business.
    keepOthers: true,
  })
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
