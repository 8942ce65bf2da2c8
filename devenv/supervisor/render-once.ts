// Rendering a yard takes longer than most of what a push waits for, and nearly every push renders what the last one did.
import type { Rendered, RenderInput } from '../../templates/render.ts'
import { renderYard } from '../../templates/render-yard.ts'

export type Renderer = (input: RenderInput) => Rendered

/** Renders, or gives again what the same files and facts gave the last time. */
export function createRenderer(render: Renderer = renderYard): Renderer {
  let last: { readonly key: string; readonly rendered: Rendered } | undefined
  return (input) => {
    const key = JSON.stringify(input)
    if (last?.key !== key) last = { key, rendered: render(input) }
    return last.rendered
  }
}
