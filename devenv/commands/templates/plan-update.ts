// This version's templates against the operator's: what is new here, what is theirs, and where both changed the same lines.
import { readListens, withListen } from '../../../templates/edit-values.ts'
import { TEMPLATES, type TemplateFiles } from '../../../templates/render.ts'
import { type Conflict, mergeText } from '../../git/merge-text.ts'

/**
 * `same`: nothing to do. `yours`: only the operator has changed it. `new`: only this version has. `merged`: both, in
 * different places. `conflict`: both, in the same. `gone`: this version has no such file any more.
 */
export type FileState = 'same' | 'yours' | 'new' | 'merged' | 'conflict' | 'gone'

export interface FilePlan {
  readonly file: string
  readonly state: FileState
  /** What serverctrl has, and what it would have; they are the same where nothing is done. */
  readonly mine: string
  readonly next: string
  readonly conflicts: readonly Conflict[]
}

export interface Versions {
  /** serverctrl's master. */
  readonly mine: TemplateFiles
  /** What it was brought to last. */
  readonly base: TemplateFiles
  /** This version's. */
  readonly theirs: TemplateFiles
}

/** By file. Ports and people are the yard's: they are no difference. */
export async function planUpdate({ mine, base, theirs }: Versions): Promise<readonly FilePlan[]> {
  const [before, after] = [inYard(base, mine), inYard(theirs, mine)]
  const files = [...new Set([...Object.keys(base), ...Object.keys(theirs)])].sort()
  return await Promise.all(files.map((file) => planFile(file, mine[file], before[file], after[file])))
}

async function planFile(
  file: string,
  mine: string | undefined,
  base: string | undefined,
  theirs: string | undefined,
): Promise<FilePlan> {
  const plan = (state: FileState, next: string, conflicts: readonly Conflict[] = []): FilePlan => {
    return { file, state, mine: mine ?? '', next, conflicts }
  }
  if (theirs === undefined) return plan(mine === undefined ? 'same' : 'gone', mine ?? '')
  if (mine === undefined) return plan('new', theirs)
  if (mine === theirs) return plan('same', mine)
  if (base === theirs) return plan('yours', mine)
  if (base === mine) return plan('new', theirs)
  const { text, conflicts } = await mergeText({ mine, base: base ?? '', theirs })
  if (conflicts.length > 0) return plan('conflict', mine, conflicts)
  return text === mine ? plan('yours', mine) : plan('merged', text)
}

/** A project's files with the ports and sections that the yard has given. */
function inYard(files: TemplateFiles, mine: TemplateFiles): TemplateFiles {
  return TEMPLATES.reduce((edited, template) => {
    const name = `${template}.values.yaml`
    if (edited[name] === undefined || mine[name] === undefined) return edited
    return readListens(mine, [template]).reduce(
      (next, { developer, port }) => withListen(next, template, developer, port),
      edited,
    )
  }, files)
}
