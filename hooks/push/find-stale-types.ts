// Whether the types a developer's editor reads are those of the yard: a commit keeps its copy, and the common library moves on.
import { listBranches } from '../../devenv/git/refs.ts'
import { acceptedQuotas, QUOTAS_DEFAULT } from '../../devenv/sandbox/quotas.ts'
import { COMMON, type ServerName, TYPES_BRANCH } from '../../servers/contract/names.ts'
import type { TreeFile } from '../validate/check-tree.ts'
import type { HookContext } from './context.ts'
import { requireTree } from './export-tree.ts'

/** What the branch of types has. */
const PATHS = ['edgeyard.d.ts', `types/${COMMON}`]

/** What a repository's branch of types holds, as last read: it moves with the common library, and every push asks. */
const known = new Map<string, { readonly commit: string; readonly types: string }>()

/** One line to be told when a pushed commit has other types than the yard. Whoever has none of them does without. */
export async function findStaleTypes(
  { layout }: HookContext,
  server: ServerName,
  trees: readonly (readonly TreeFile[])[],
): Promise<string | undefined> {
  const commit = (await listBranches(layout, server)).get(TYPES_BRANCH)
  if (commit === undefined) return undefined
  const repository = layout.repository(server)
  if (known.get(repository)?.commit !== commit) {
    const quotas = acceptedQuotas(QUOTAS_DEFAULT.everybody)
    known.set(repository, { commit, types: typesIn(await requireTree({ repository, commit, quarantine: {}, quotas })) })
  }
  const types = known.get(repository)?.types ?? ''
  const isCurrent = (own: string) => own === '' || own === types
  if (types === '' || trees.every((tree) => isCurrent(typesIn(tree)))) return undefined
  return `types: yours are not the yard's; git fetch && git restore --source=origin/${TYPES_BRANCH} ${PATHS.join(' ')}`
}

/** In one text: which of the types there are, and what is in them. */
function typesIn(tree: readonly TreeFile[]): string {
  const types = tree.filter(({ path }) => PATHS.some((one) => path === one || path.startsWith(`${one}/`)))
  return types
    .map(({ path, id }) => `${id} ${path}`)
    .sort()
    .join('\n')
}
