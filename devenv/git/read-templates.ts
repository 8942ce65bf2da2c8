// The files of serverctrl: what the yard is rendered from.
import { EdgeyardError } from '../../servers/contract/errors.ts'
import type { TemplateFiles } from '../../templates/render.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import type { Quarantine } from './git.ts'
import { type ObjectReader, withObjects } from './object-reader.ts'
import { type GitObject, parseTree, treeOf } from './read-objects.ts'
import { listBranches } from './refs.ts'

/** More files than the templates, their values and a few notes: somebody pushed something else here. */
export const TEMPLATE_FILES_MAX = 200
/** A template or a values file is a few KiB. */
export const TEMPLATE_BYTES_MAX = 1024 * 1024

/** The files at the top of a branch of serverctrl, or null when there is no such branch. Folders and links are left out. */
export async function readTemplates(layout: YardLayout, branch: string): Promise<TemplateFiles | null> {
  return (await readAllTemplates(layout, [branch])).get(branch) ?? null
}

/** The files of those of the branches that exist, by branch. Commits that were read before cost no git process. */
export async function readAllTemplates(
  layout: YardLayout,
  branches: readonly string[],
): Promise<Map<string, TemplateFiles>> {
  const folder = layout.repository('serverctrl')
  const commits = await listBranches(layout, 'serverctrl')
  const wanted = branches.flatMap((branch) => commits.get(branch) ?? [])
  const keyOf = (commit: string) => `${folder} ${commit}`
  if (known.size > KNOWN_MAX) known.clear()
  const unknown = [...new Set(wanted)].filter((commit) => !known.has(keyOf(commit)))
  const found = await withObjects(folder, {}, (objects) => readTrees(objects, unknown))
  const read = new Map(
    unknown.flatMap((commit, index) => (found[index] == null ? [] : [[commit, found[index]] as const])),
  )
  for (const [commit, files] of read) known.set(keyOf(commit), files)
  return new Map(
    branches.flatMap((branch) => {
      const commit = commits.get(branch)
      const files = commit === undefined ? undefined : (read.get(commit) ?? known.get(keyOf(commit)))
      return files === undefined ? [] : [[branch, files] as const]
    }),
  )
}

/** A commit never changes, so its files hold. Emptied when it gets long. */
const known = new Map<string, TemplateFiles>()
/** Everybody's branch at one time, with room for a few pushes. */
const KNOWN_MAX = 1_000

/**
 * The files at the top of a commit that is being pushed. Throws `TREE_REFUSED` when it holds too many files, or one that is
 * too large: sizes are asked for before anything is read.
 */
export async function readPushedTemplates(
  layout: YardLayout,
  commit: string,
  quarantine: Quarantine,
): Promise<TemplateFiles> {
  return await withObjects(layout.repository('serverctrl'), quarantine, async (objects) => {
    const [tree] = await readRoots(objects, [commit])
    const entries = filesOf(tree?.data ?? Buffer.alloc(0))
    if (entries.length > TEMPLATE_FILES_MAX) {
      throw new EdgeyardError(
        'TREE_REFUSED',
        `Cannot take ${entries.length} files into serverctrl: at most ${TEMPLATE_FILES_MAX}`,
      )
    }
    const heads = await objects.heads(entries.map(({ id }) => id))
    const large = entries.find((_entry, index) => (heads[index]?.bytes ?? 0) > TEMPLATE_BYTES_MAX)
    if (large) {
      throw new EdgeyardError(
        'TREE_REFUSED',
        `Cannot take ${large.name}: it is larger than ${TEMPLATE_BYTES_MAX} bytes`,
      )
    }
    return (await readTrees(objects, [commit]))[0] ?? {}
  })
}

async function readTrees(objects: ObjectReader, commits: readonly string[]): Promise<(TemplateFiles | null)[]> {
  const trees = await readRoots(objects, commits)
  const listings = trees.map((tree) => (tree === null ? null : filesOf(tree.data)))
  // Branches differ in a line or two: most blobs are the same one.
  const ids = [...new Set(listings.flatMap((entries) => entries ?? []).map(({ id }) => id))]
  const blobs = await objects.read(ids)
  const texts = new Map(blobs.map((blob, index) => [ids[index]!, blob?.data.toString('utf8') ?? '']))
  return listings.map(
    (entries) =>
      entries &&
      Object.fromEntries(
        entries.map(({ name, id }) => [Buffer.from(name, 'latin1').toString('utf8'), texts.get(id) ?? '']),
      ),
  )
}

/** The trees of commits; null for what is no commit. */
async function readRoots(objects: ObjectReader, commits: readonly string[]): Promise<(GitObject | null)[]> {
  const ids = (await objects.read(commits)).map((commit) => (commit === null ? null : treeOf(commit)))
  const found = await objects.read(ids.filter((id) => id !== null))
  let next = 0
  return ids.map((id) => (id === null ? null : found[next++]!))
}

function filesOf(tree: Buffer) {
  return parseTree(tree).filter(({ mode }) => mode.startsWith('100'))
}
