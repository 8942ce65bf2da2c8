// The text of a doc comment as HTML: paragraphs, lists, `code`, fenced code and {@link names}. Everything else is shown as it is.
import { escapeHtml } from './escape-html.ts'
import { type Links, renderCode } from './render-code.ts'

export function renderText(text: string, links: Links): string {
  return text
    .split(/(^```[\s\S]*?^```[ \t]*$)/m)
    .map((part) => (part.startsWith('```') ? renderFence(part) : renderParagraphs(part, links)))
    .join('')
}

/** One line of it, without a paragraph of its own. */
export function renderInline(text: string, links: Links): string {
  return text
    .split(/(`[^`]+`|\{@link(?:code|plain)?\s+[^}]+\})/)
    .map((part) => {
      if (part.startsWith('`') && part.length > 1) {
        const code = part.slice(1, -1)
        return withLink(`<code>${escapeHtml(code)}</code>`, links(code))
      }
      const [, target, label] = /^\{@link\w*\s+([^\s|}]+)[\s|]*([^}]*)\}$/.exec(part) ?? []
      if (target === undefined) return escapeHtml(part)
      // Only names of the documentation: nothing here leads to another site.
      const shown = label ? escapeHtml(label.trim()) : `<code>${escapeHtml(target)}</code>`
      return withLink(shown, links(target))
    })
    .join('')
}

/** What a list of names says about one: its text up to the first full stop. */
export function firstSentence(text: string): string {
  const paragraph = text
    .split(/\n\s*\n/, 1)[0]!
    .replace(/\s+/g, ' ')
    .trim()
  // Not behind "e.g." and the like: a word of more than one letter comes before the stop, or a sign.
  return /^.*?(?:\w\w|[^\w.])\.(?=\s+[A-Z`{])/.exec(paragraph)?.[0] ?? paragraph
}

function withLink(html: string, href: string | undefined): string {
  return href === undefined ? html : `<a href="${escapeHtml(href)}">${html}</a>`
}

function renderFence(part: string): string {
  const code = part.replace(/^```[^\n]*\n?/, '').replace(/\n?```\s*$/, '')
  return `<pre class="example"><code>${renderCode(code)}</code></pre>`
}

function renderParagraphs(text: string, links: Links): string {
  return text
    .split(/\n\s*\n/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph) => renderParagraph(paragraph.trim(), links))
    .join('')
}

function renderParagraph(paragraph: string, links: Links): string {
  const [before, ...items] = paragraph.split(/(?:^|\n)\s*[-*] /)
  const text = before === '' ? '' : `<p>${renderInline(before!, links)}</p>`
  if (items.length === 0) return text
  return `${text}<ul>${items.map((item) => `<li>${renderInline(item, links)}</li>`).join('')}</ul>`
}
