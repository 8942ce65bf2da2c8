// The files of serverctrl: what the yard is rendered from.
import { EdgeyardError } from '../../servers/contract/errors.ts'
import type { TemplateFiles } from '../../templates/render.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import type { Quarantine } from './git.ts'
import { parseTree, readObjects, readSizes } from './read-objects.ts'

/** More files than the templates, their values and a few notes: somebody pushed something else here. */
export const TEMPLATE_FILES_MAX = 200
/** A template or a values file is a few KiB. */
export const TEMPLATE_BYTES_MAX = 1024 * 1024

/** The files at the top of a branch of serverctrl, or null when there is no such branch. Folders and links are left out. */
export async function readTemplates(layout: YardLayout, branch: string): Promise<TemplateFiles | null> {
  return (await readAllTemplates(layout, [branch])).get(branch) ?? null
}

/** The files of those of the branches that exist, by branch. Two git processes, however many branches there are. */
export async function readAllTemplates(
  layout: YardLayout,
  branches: readonly string[],
): Promise<Map<string, TemplateFiles>> {
  const found = await readTrees(
    layout.repository('serverctrl'),
    branches.map((branch) => `refs/heads/${branch}`),
  )
  return new Map(branches.flatMap((branch, index) => (found[index] == null ? [] : [[branch, found[index]] as const])))
}

/**
 * The files at the top of a commit that is being pushed. Throws `TREE_REFUSED` when it holds too many files, or one that is
 * too large: sizes are asked for before anything is read.
 */
export async function readPushedTemplates(
  layout: YardLayout,
  commit: string,
  quarantine: Quarantine,
): Promise<TemplateFiles> {
  const folder = layout.repository('serverctrl')
  const [tree] = await readObjects(folder, [`${commit}^{tree}`], quarantine)
  const entries = filesOf(tree?.data ?? Buffer.alloc(0))
  if (entries.length > TEMPLATE_FILES_MAX) {
    throw new EdgeyardError(
      'TREE_REFUSED',
      `Cannot take ${entries.length} files into serverctrl: at most ${TEMPLATE_FILES_MAX}`,
    )
  }
  const sizes = await readSizes(
    folder,
    entries.map(({ id }) => id),
    quarantine,
  )
  const large = entries.find((_entry, index) => sizes[index]! > TEMPLATE_BYTES_MAX)
  if (large) {
    throw new EdgeyardError('TREE_REFUSED', `Cannot take ${large.name}: it is larger than ${TEMPLATE_BYTES_MAX} bytes`)
  }
  return (await readTrees(folder, [commit], quarantine))[0] ?? {}
}

async function readTrees(
  folder: string,
  names: readonly string[],
  quarantine?: Quarantine,
): Promise<(TemplateFiles | null)[]> {
  const trees = await readObjects(
    folder,
    names.map((name) => `${name}^{tree}`),
    quarantine,
  )
  const listings = trees.map((tree) => (tree === null ? null : filesOf(tree.data)))
  // Branches differ in a line or two: most blobs are the same one.
  const ids = [...new Set(listings.flatMap((entries) => entries ?? []).map(({ id }) => id))]
  const blobs = await readObjects(folder, ids, quarantine)
  const texts = new Map(blobs.map((blob, index) => [ids[index]!, blob?.data.toString('utf8') ?? '']))
  return listings.map(
    (entries) =>
      entries &&
      Object.fromEntries(
        entries.map(({ name, id }) => [Buffer.from(name, 'latin1').toString('utf8'), texts.get(id) ?? '']),
      ),
  )
}

function filesOf(tree: Buffer) {
  return parseTree(tree).filter(({ mode }) => mode.startsWith('100'))
}
