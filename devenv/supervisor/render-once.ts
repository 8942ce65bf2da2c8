// Rendering a yard takes longer than most of what a push waits for, and nearly every push renders what the last one did.

import type { RenderInput } from '../../templates/render.ts'
import { type Fitted, renderWhatFits } from '../sandbox/render-what-fits.ts'

export type Renderer = (input: RenderInput) => Fitted

/** Renders what fits, or gives again what the same files and facts gave the last time. `onRendered` is told of what is new. */
export function createRenderer(
  onRendered: (fitted: Fitted) => void = () => {},
  render: Renderer = renderWhatFits,
): Renderer {
  let last: { readonly input: RenderInput; readonly facts: string; readonly rendered: Fitted } | undefined
  return (input) => {
    const facts = JSON.stringify(input.facts)
    if (last?.facts === facts && haveSameFiles(last.input, input)) return last.rendered
    last = { input, facts, rendered: render(input) }
    onRendered(last.rendered)
    return last.rendered
  }
}

/** The files of a commit that was read before are the same object again (`readAllTemplates`). */
function haveSameFiles(one: RenderInput, other: RenderInput): boolean {
  const branches = Object.keys(one.branches)
  return (
    one.files === other.files &&
    branches.length === Object.keys(other.branches).length &&
    branches.every((branch) => one.branches[branch] === other.branches[branch])
  )
}
