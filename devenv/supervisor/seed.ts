// What a new yard begins with, and what a new developer gets: sections, branches, starter scripts. All of it is pushed as a
// person would push it, through the hooks.
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import {
  COMMON,
  MASTER,
  REPOSITORIES,
  type RepositoryName,
  SERVERS,
  type ServerName,
  TYPES_BRANCH,
} from '../../servers/contract/names.ts'
import { readDevelopers } from '../developers/developers.ts'
import { runOk } from '../exec/run-command.ts'
import { readBranchFiles } from '../git/commit-files.ts'
import { gitCommand } from '../git/git.ts'
import { pushFiles } from '../git/push-files.ts'
import { listBranches, listRefs, updateRefs } from '../git/refs.ts'
import { rememberBase } from '../git/templates-base.ts'
import { planSections, withMasterPorts } from '../sandbox/plan-sections.ts'
import { planPorts } from '../sandbox/ports.ts'
import { newsOf } from './news-of.ts'
import { yardPorts } from './sections.ts'
import type { YardContext } from './yard-context.ts'

type Progress = (line: string) => void

/** The common library's first commit, also in a yard that is older than it. */
export async function seedCommon({ layout, projectRoot }: YardContext, progress: Progress): Promise<void> {
  if ((await listBranches(layout, COMMON)).has(MASTER)) return
  const files = await readStarter(join(projectRoot, 'servers', COMMON, 'starter'))
  files.set('edgeyard.d.ts', await readFile(join(projectRoot, 'servers/contract/script.ts')))
  progress('common begins with the modules of this project')
  await pushFiles(layout, { repository: COMMON, branches: [MASTER], files, message: 'The common library as it begins' })
}

/** True while serverctrl has nothing in it: the yard has never been up. */
export async function isNewYard({ layout }: YardContext): Promise<boolean> {
  return !(await listBranches(layout, 'serverctrl')).has(MASTER)
}

/** serverctrl's first commit: the project's templates, with this yard's developers and ports. */
export async function seedServerctrl(context: YardContext): Promise<void> {
  const { layout, projectRoot, settings } = context
  const folder = join(projectRoot, 'templates')
  const names = (await readdir(folder)).filter((name) => /\.(hbs|values\.yaml)$/.test(name))
  const texts = await Promise.all(
    names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const),
  )
  const ports = planPorts(settings.portsFrom, settings.ports)
  const developers = await readDevelopers(layout)
  const { files } = planSections({
    files: withMasterPorts(Object.fromEntries(texts), ports),
    developers,
    ranges: ports.ranges,
    holders: new Map(yardPorts(settings)),
  })
  await pushFiles(layout, {
    repository: 'serverctrl',
    branches: developers.map(({ name }) => name),
    files: new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])),
    message: 'The yard as it begins',
  })
  await rememberBase(layout, Object.fromEntries(texts))
}

/** Every developer has a branch wherever they have a sandbox; the first is the server's starter, the others begin at master. */
export async function syncBranches(
  context: YardContext,
  sandboxes: readonly { server: ServerName; developer: string }[],
  progress: Progress,
): Promise<void> {
  const developers = new Set((await readDevelopers(context.layout)).map(({ name }) => name))
  await addBranches(context, 'serverctrl', [...developers], progress)
  const added = await Promise.allSettled(
    SERVERS.map(async (server) => {
      const owners = sandboxes.filter((one) => one.server === server).map(({ developer }) => developer)
      const branches = await listBranches(context.layout, server)
      if (!branches.has(MASTER)) await seedServer(context, server, owners, progress)
      else await addBranches(context, server, owners, progress)
    }),
  )
  // None is under way any more.
  for (const one of added) if (one.status === 'rejected') throw one.reason
}

async function seedServer(
  { layout, projectRoot }: YardContext,
  server: ServerName,
  owners: readonly string[],
  progress: Progress,
): Promise<void> {
  const files = await readStarter(join(projectRoot, 'servers', server, 'starter'))
  for (const [path, bytes] of await readBranchFiles(layout, server, TYPES_BRANCH)) files.set(path, bytes)
  progress(`${server}: the starter script goes to ${[...new Set([MASTER, ...owners])].join(', ')}`)
  const said: string[] = []
  await pushFiles(layout, {
    repository: server,
    branches: [...new Set([MASTER, ...owners])],
    files,
    message: `The ${server} as it begins`,
    onProgress: (line) => said.push(line),
  })
  newsOf(said, owners.length).forEach(progress)
}

async function readStarter(folder: string): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
  return new Map(await Promise.all(files.map(async (file) => [relative(folder, file), await readFile(file)] as const)))
}

async function addBranches(
  { layout }: YardContext,
  repository: RepositoryName,
  owners: readonly string[],
  progress: Progress,
): Promise<void> {
  const branches = await listBranches(layout, repository)
  const master = branches.get(MASTER)
  const missing = owners.filter((owner) => !branches.has(owner))
  if (master === undefined || missing.length === 0) return
  progress(`${repository}: ${missing.join(', ')} begins at master`)
  const folder = layout.repository(repository)
  const refs = missing.map((developer) => `${master}:refs/heads/${developer}`)
  const { stderr } = await runOk(gitCommand(folder, ['push', '--quiet', folder, ...refs]))
  const said = stderr.split('\n').flatMap((line) => /^remote: (.*?)\s*$/.exec(line)?.[1] ?? [])
  newsOf(said, repository === 'serverctrl' ? 0 : missing.length).forEach(progress)
}

/**
 * Branches of those who have gone are kept as `refs/removed/<name>/<commit>`, and the log of what was live beside them; their
 * `refs/live` goes. All of a repository at once, and found by any of these refs.
 */
export async function retireGone({ layout }: YardContext): Promise<void> {
  const refs = await Promise.all(
    REPOSITORIES.map(
      async (name) => [name, await listRefs(layout, name, ['refs/heads/', 'refs/live/', 'refs/log/'])] as const,
    ),
  )
  // Asked last: nobody has refs before they are one of these.
  const developers = new Set((await readDevelopers(layout)).map(({ name }) => name))
  for (const [repository, all] of refs) {
    await updateRefs(
      layout,
      repository,
      [...all].flatMap(([ref, commit]) => retire(ref, commit, developers)),
    )
  }
}

/** What becomes of a ref: lines for {@link updateRefs}. */
function retire(ref: string, commit: string, developers: ReadonlySet<string>): string[] {
  const [, kind, ...rest] = ref.split('/')
  const owner = kind === 'heads' ? rest.join('/') : (rest[1] ?? '')
  if (developers.has(owner) || owner === MASTER || (kind === 'heads' && owner === TYPES_BRANCH)) return []
  const kept = { heads: commit.slice(0, 12), log: `log-${rest[0]}` }[kind ?? '']
  return [...(kept === undefined ? [] : [`update refs/removed/${owner}/${kept} ${commit}`]), `delete ${ref} ${commit}`]
}
