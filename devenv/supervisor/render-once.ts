// Rendering a yard takes longer than most of what a push waits for, and nearly every push renders what the last one did.

import type { RenderInput } from '../../templates/render.ts'
import { type Fitted, renderWhatFits } from '../sandbox/render-what-fits.ts'

export type Renderer = (input: RenderInput) => Fitted

/** Renders what fits, or gives again what the same files and facts gave the last time. `onRendered` is told of what is new. */
export function createRenderer(
  onRendered: (fitted: Fitted) => void = () => {},
  render: Renderer = renderWhatFits,
): Renderer {
  let last: { readonly key: string; readonly rendered: Fitted } | undefined
  return (input) => {
    const key = JSON.stringify(input)
    if (last?.key === key) return last.rendered
    last = { key, rendered: render(input) }
    onRendered(last.rendered)
    return last.rendered
  }
}
