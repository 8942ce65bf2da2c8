// A commit → a release folder. What is there already is used again; what is made appears whole or not at all.
import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Quarantine } from '../../devenv/git/git.ts'
import type { YardLayout } from '../../devenv/sandbox/layout.ts'
import type { Quotas } from '../../devenv/sandbox/quotas.ts'
import type { Diagnostic } from '../../servers/contract/diagnostic.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import type { SandboxName } from '../../servers/contract/names.ts'
import { type BuiltCommit, builtPath, parseBuiltCommit, releaseName } from '../../servers/contract/release.ts'
import { type Contents, exportTree, requireTree } from '../push/export-tree.ts'
import type { Report } from '../report/report.ts'
import type { TreeFile } from '../validate/check-tree.ts'
import { ensureCommonTree } from './common-tree.ts'
import { noteBytes, requireRoom } from './disk.ts'
import { incomingName, isThere, liveRelease, tidyReleases } from './releases.ts'
import { writeShared } from './write-shared.ts'

export interface ReleaseInput {
  readonly layout: YardLayout
  readonly sandbox: SandboxName
  readonly commit: BuiltCommit
  readonly quarantine: Quarantine
  /** What the conf runs and serves: it must be in the commit. */
  readonly needs: ReleaseNeeds
  readonly quotas: Quotas
  /** The files of the commit, where they have been looked at already. */
  readonly tree?: readonly TreeFile[]
  /** And what is in them, where that was read. */
  readonly contents?: Contents | null
  /** What the developer's branches hold in the repositories: counted with the releases. */
  readonly repositoryBytes?: number
  readonly report: Report
}

export interface ReleaseNeeds {
  readonly scripts: readonly string[]
  /** Folders, of `root`. */
  readonly roots: readonly string[]
}

/**
 * Makes sure that the release of a commit is there and holds what the conf names. Throws `TREE_REFUSED` and `BUILD_FAILED`
 * with diagnostics. Files are 0444, folders 0755, and belong to whoever runs the hooks: a sandbox may read them, not write. A file
 * that is the same in the live release is that file, so that many kept releases cost what differs between them.
 */
export async function ensureRelease(input: ReleaseInput): Promise<void> {
  const { layout, commit, report } = input
  const sandbox = layout.sandbox(input.sandbox)
  const name = releaseName(commit)
  const release = sandbox.release(name)
  await mkdir(sandbox.releases, { recursive: true, mode: 0o755 })
  await tidyReleases(sandbox, { candidate: name, now: new Date(), kept: input.quotas.releases })
  const incoming = join(sandbox.releases, incomingName(randomBytes(4).toString('hex')))
  await mkdir(incoming, { mode: 0o755 })
  try {
    if (await isThere(release)) return await addMissing(input, release, incoming)
    // Loaded while git reads the files, and not at all when the release is there.
    void loadBuild().catch(() => {})
    const exported = await report.step('export', () => exportInto(input, incoming), filesText)
    await checkNeeds(incoming, input.needs)
    const built = await buildInto(input, input.needs.scripts, incoming, incoming)
    await noteBytes(incoming, exported.bytes + built.bytes)
    await rename(incoming, release).catch((error: NodeJS.ErrnoException) => {
      // Another push of the same commit was quicker; its release is the same.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(incoming, { recursive: true, force: true })
  }
}

/** The conf may have changed since the release was built, and name one more script. */
async function addMissing(input: ReleaseInput, release: string, incoming: string): Promise<void> {
  await checkNeeds(release, input.needs)
  const built = await Promise.all(input.needs.scripts.map((script) => isThere(join(release, builtPath(script)))))
  const missing = input.needs.scripts.filter((_script, index) => !built[index])
  if (missing.length === 0) return
  const { files } = await buildInto(input, missing, release, incoming)
  for (const file of files) {
    await mkdir(dirname(join(release, file)), { recursive: true, mode: 0o755 })
    await rename(join(incoming, file), join(release, file))
  }
}

async function exportInto(input: ReleaseInput, folder: string) {
  const { layout, sandbox, quarantine, quotas, repositoryBytes = 0, report } = input
  const repository = layout.repository(sandbox.server)
  const { commit } = parseBuiltCommit(input.commit)
  const files = input.tree ?? (await requireTree({ repository, commit, quarantine, quotas }))
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const candidate = releaseName(input.commit)
  await requireRoom({ layout, developer: sandbox.developer, bytes, candidate, quotas, repositoryBytes, report })
  const contents = input.tree === undefined ? null : input.contents
  await exportTree({ repository, quarantine, folder, base: baseOf(input), files, contents })
  return { files: files.length, bytes }
}

/** Builds the scripts in `from` and writes what came out below `to`. Its files: maps first, for a build without its map is not whole. */
async function buildInto(
  input: ReleaseInput,
  scripts: readonly string[],
  from: string,
  to: string,
): Promise<{ files: string[]; bytes: number }> {
  if (scripts.length === 0) return { files: [], bytes: 0 }
  const { layout, commit, report, quotas } = input
  const warnings: Diagnostic[] = []
  const written = await report.step(
    'build',
    async () => {
      const { buildScripts } = await loadBuild()
      const { common } = parseBuiltCommit(commit)
      // The library is in its repository already, or its push makes the tree before it builds anything.
      const tree = common === null ? null : await ensureCommonTree({ layout, quarantine: {}, quotas }, common)
      const built = await buildScripts(from, scripts, tree)
      const base = baseOf(input)
      warnings.push(...built.warnings)
      const files = built.files.sort((a, b) => Number(b.path.endsWith('.map')) - Number(a.path.endsWith('.map')))
      const write = async ({ path, contents }: (typeof files)[number]) => {
        await mkdir(dirname(join(to, path)), { recursive: true, mode: 0o755 })
        await writeShared({ folder: to, base, path, data: contents })
      }
      await Promise.all(files.map(write))
      return {
        files: files.map(({ path }) => path),
        bytes: files.reduce((sum, { contents }) => sum + contents.length, 0),
      }
    },
    () => `${scripts.join(', ')} (types are not checked)`,
  )
  if (warnings.length > 0) report.line('warnings:')
  report.diagnostics(warnings)
  return written
}

/** The live release's folder: most files of the next one are the same. */
function baseOf({ layout, sandbox }: ReleaseInput): string | null {
  const live = liveRelease(layout.sandbox(sandbox))
  return live === null ? null : layout.sandbox(sandbox).release(live)
}

async function checkNeeds(folder: string, { scripts, roots }: ReleaseNeeds): Promise<void> {
  for (const script of scripts) {
    if ((await kind(join(folder, script))) === 'file') continue
    throw new EdgeyardError(
      'TREE_REFUSED',
      `Cannot find ${script}, which the conf runs: there is no such file in the commit`,
    )
  }
  for (const root of roots) {
    if ((await kind(join(folder, root))) === 'folder') continue
    throw new EdgeyardError(
      'TREE_REFUSED',
      `Cannot find ${root}/, which the conf serves files from: there is no such folder in the commit`,
    )
  }
}

async function kind(path: string): Promise<'file' | 'folder' | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile()) return 'file'
  return found?.isDirectory() ? 'folder' : undefined
}

function filesText({ files, bytes }: { files: number; bytes: number }): string {
  const size = bytes < 10_240 ? `${bytes} bytes` : `${Math.round(bytes / 1024)} KiB`
  return `${files} ${files === 1 ? 'file' : 'files'}, ${size}`
}

let loaded: Promise<typeof import('./build-scripts.ts')> | undefined

function loadBuild(): Promise<typeof import('./build-scripts.ts')> {
  loaded ??= import('./build-scripts.ts')
  return loaded
}

/** Ends esbuild's process, if there is one: a hook leaves nothing behind. */
export async function endBuilding(): Promise<void> {
  if (loaded !== undefined) await (await loaded).stopBuilding()
}
