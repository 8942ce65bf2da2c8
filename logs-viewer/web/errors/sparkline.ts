// How often, over the time that is shown, in the height of a word.
import { html, svg, type TemplateResult } from 'lit'
import { SPARKLINE_BUCKETS } from '../../query/wire.ts'

const WIDTH = 96
const HEIGHT = 18

export function sparkline(counts: readonly number[]): TemplateResult {
  const most = Math.max(1, ...counts)
  const step = WIDTH / SPARKLINE_BUCKETS
  return html`<svg class="sparkline" width=${WIDTH} height=${HEIGHT} aria-hidden="true"><path d="M0 ${HEIGHT - 0.5}H${WIDTH}" />${counts.map(
    (count, i) => {
      const height = count === 0 ? 0 : Math.max(2, (count / most) * (HEIGHT - 2))
      return svg`<rect x=${i * step} y=${HEIGHT - 1 - height} width=${step - 1} height=${height} />`
    },
  )}</svg>`
}
