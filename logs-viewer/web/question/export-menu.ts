// Exactly what is filtered, as a file: streamed by the server, so its size does not matter.
import { html, type TemplateResult } from 'lit'
import { EXPORT_FORMATS, type ExportFormat } from '../../query/wire.ts'
import { popover } from '../frame/popover.ts'
import { renderQuestion, type View } from './address.ts'

const TEXTS: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'JSON lines, with every field',
  csv: 'CSV, for a spreadsheet',
  text: 'Text, as it is read',
}

export function exportMenu(view: View): TemplateResult {
  return popover(
    'export',
    'Export',
    html`<section aria-label="Export"><p>All records of this filter, the oldest first</p>
      <ul>${EXPORT_FORMATS.map((format) => html`<li><a href=${hrefOf(format, view)} download>${TEXTS[format]}</a></li>`)}</ul></section>`,
  )
}

function hrefOf(format: ExportFormat, view: View): string {
  const words = renderQuestion(view, Date.now())
  words.set('format', format)
  return `/api/export?${words}`
}
