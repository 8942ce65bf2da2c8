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
import { addDeveloper, removeDeveloper, withListen } from '../../templates/edit-values.ts'
import type { TemplateFiles } from '../../templates/render.ts'
import { type Developer, readDevelopers } from '../developers/developers.ts'
import { runOk } from '../exec/run-command.ts'
import { readBranchFiles } from '../git/commit-files.ts'
import { gitCommand } from '../git/git.ts'
import { pushFiles } from '../git/push-files.ts'
import { readTemplates } from '../git/read-templates.ts'
import { listBranches } from '../git/refs.ts'
import { type PortPlan, planPorts } from '../sandbox/ports.ts'
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
  const ports = planPorts(settings.portsFrom)
  const developers = await readDevelopers(layout)
  const files = withDevelopers(withMasterPorts(Object.fromEntries(texts), ports), developers, ports)
  await pushFiles(layout, {
    repository: 'serverctrl',
    branches: developers.map(({ name }) => name),
    files: new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])),
    message: 'The yard as it begins',
  })
}

/** Sections come and go with developers. Nothing is pushed when they agree. */
export async function syncSections({ layout, settings }: YardContext, progress: Progress): Promise<void> {
  const developers = await readDevelopers(layout)
  const files = await readTemplates(layout, MASTER)
  if (files === null) return
  const changed = withDevelopers(withoutStrangers(files, developers), developers, planPorts(settings.portsFrom))
  const names = Object.keys(changed).filter((name) => changed[name] !== files[name])
  if (names.length === 0) return
  const said: string[] = []
  await pushFiles(layout, {
    repository: 'serverctrl',
    branches: [MASTER],
    files: new Map(names.map((name) => [name, Buffer.from(changed[name]!)])),
    message: 'Developers came or went',
    onProgress: (line) => said.push(line),
  })
  newsOf(said, 0).forEach(progress)
}

/**
 * Every developer has a branch wherever they have a sandbox; the first is the server's starter, the others begin at master.
 * Branches of those who have gone are kept as `refs/removed/<name>/<commit>`.
 */
export async function syncBranches(
  context: YardContext,
  sandboxes: readonly { server: ServerName; developer: string }[],
  progress: Progress,
): Promise<void> {
  const developers = new Set((await readDevelopers(context.layout)).map(({ name }) => name))
  for (const repository of REPOSITORIES) await retireBranches(context, repository, developers)
  await addBranches(context, 'serverctrl', [...developers], progress)
  for (const server of SERVERS) {
    const owners = sandboxes.filter((one) => one.server === server).map(({ developer }) => developer)
    const branches = await listBranches(context.layout, server)
    if (!branches.has(MASTER)) await seedServer(context, server, owners, progress)
    else await addBranches(context, server, owners, progress)
  }
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

/** What an operator wants to read of a push of ours: what is live by it, and everything when that is less than it should be. */
export function newsOf(said: readonly string[], liveMin: number): readonly string[] {
  const live = said.filter((line) => line.includes(' is live: '))
  return live.length >= liveMin ? live : said
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

async function retireBranches(
  { layout }: YardContext,
  repository: RepositoryName,
  developers: ReadonlySet<string>,
): Promise<void> {
  const folder = layout.repository(repository)
  for (const [branch, commit] of await listBranches(layout, repository)) {
    if (branch === MASTER || branch === TYPES_BRANCH || developers.has(branch)) continue
    await runOk(gitCommand(folder, ['update-ref', `refs/removed/${branch}/${commit.slice(0, 12)}`, commit]))
    await runOk(gitCommand(folder, ['update-ref', '-d', `refs/heads/${branch}`, commit]))
  }
}

function withMasterPorts(files: TemplateFiles, ports: PortPlan): TemplateFiles {
  const servers = SERVERS.reduce((edited, server) => withListen(edited, server, MASTER, ports.server(server, 0)), files)
  return withListen(servers, 'redis', MASTER, ports.redis(0))
}

/** Adds the sections that are missing. One that is there keeps its ports: somebody chose them. */
function withDevelopers(files: TemplateFiles, developers: readonly Developer[], ports: PortPlan): TemplateFiles {
  return developers
    .filter(({ name }) => name !== MASTER && !sectionsOf(files).has(name))
    .reduce(
      (edited, { name, index }) =>
        addDeveloper(edited, name, {
          socketserver: ports.server('socketserver', index),
          dtserver: ports.server('dtserver', index),
          redis: ports.redis(index),
        }),
      files,
    )
}

function withoutStrangers(files: TemplateFiles, developers: readonly Developer[]): TemplateFiles {
  const names = new Set(developers.map(({ name }) => name))
  return [...sectionsOf(files)].filter((name) => !names.has(name)).reduce(removeDeveloper, files)
}

/** The developers who have a section in any values file: its keys at the margin. */
function sectionsOf(files: TemplateFiles): Set<string> {
  return new Set(
    Object.entries(files)
      .filter(([name]) => name.endsWith('.values.yaml'))
      .flatMap(([, text]) => [...text.matchAll(/^["']?([a-z][a-z0-9-]*)["']?\s*:/gm)].map((match) => match[1]!))
      .filter((name) => name !== MASTER),
  )
}
