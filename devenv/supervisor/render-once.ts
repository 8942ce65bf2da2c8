// Rendering a yard takes longer than most of what a push waits for, and nearly every push renders what the last one did.
import type { Rendered, RenderInput } from '../../templates/render.ts'
import { renderYard } from '../../templates/render-yard.ts'

export type Renderer = (input: RenderInput) => Rendered

/** Renders, or gives again what the same files and facts gave the last time. */
export function createRenderer(render: Renderer = renderYard): Renderer {
  let last: { readonly input: RenderInput; readonly facts: string; readonly rendered: Rendered } | undefined
  return (input) => {
    const facts = JSON.stringify(input.facts)
    if (last === undefined || last.facts !== facts || !haveSameFiles(last.input, input)) {
      last = { input, facts, rendered: render(input) }
    }
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
