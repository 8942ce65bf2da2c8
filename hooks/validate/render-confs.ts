// Facts and serverctrl's branches → the confs of all sandboxes, as they would be after a push.
import { readAllTemplates } from '../../devenv/git/read-templates.ts'
import type { YardLayout } from '../../devenv/sandbox/layout.ts'
import { type Fitted, renderWhatFits } from '../../devenv/sandbox/render-what-fits.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { MASTER } from '../../servers/contract/names.ts'
import type { TemplateFiles, YardFacts } from '../../templates/render.ts'

/** The files of serverctrl's branches. `master` is not there before the yard was first set up. */
export async function readBranches(layout: YardLayout, facts: YardFacts): Promise<Map<string, TemplateFiles>> {
  return await readAllTemplates(layout, [...new Set([MASTER, ...facts.developers.map(({ name }) => name)])])
}

/**
 * Renders what fits of the yard. What does not is returned, not thrown: who is to blame depends on who pushes what, and on what did
 * not fit before.
 */
export function renderConfs(branches: ReadonlyMap<string, TemplateFiles>, facts: YardFacts): Fitted {
  const files = branches.get(MASTER)
  if (files === undefined) {
    throw new EdgeyardError('TEMPLATE_INVALID', 'Cannot render a conf: serverctrl has no master branch yet')
  }
  const others = [...branches].filter(([branch]) => branch !== MASTER)
  return renderWhatFits({ files, branches: Object.fromEntries(others), facts })
}
