// TypeScript as HTML: comments, strings, numbers, keywords and known names. Simple on purpose: what is coloured wrong is only that.
import { escapeHtml } from './escape-html.ts'

/** Where a name is documented, or undefined. */
export type Links = (name: string) => string | undefined

const TOKEN =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>'(?:[^'\\\n]|\\.)*'?|"(?:[^"\\\n]|\\.)*"?|`(?:[^`\\]|\\.)*`?)|(?<number>\b\d[\d_]*(?:\.\d+)?\b)|(?<word>[A-Za-z_$][\w$]*)/g

const KEYWORDS = new Set(
  'abstract any as async await boolean break case catch class const continue declare default delete do else enum export extends false finally for from function if implements import in infer instanceof interface is keyof let never new null number object of readonly return satisfies static string super switch symbol this throw true try type typeof undefined unique unknown var void while yield'.split(
    ' ',
  ),
)

/** The inside of a `<pre>` or `<code>`. */
export function renderCode(code: string, links: Links = () => undefined): string {
  let html = ''
  let at = 0
  for (const match of code.matchAll(TOKEN)) {
    const [token] = match
    html += escapeHtml(code.slice(at, match.index)) + renderToken(token, match.groups ?? {}, links)
    at = match.index + token.length
  }
  return html + escapeHtml(code.slice(at))
}

function renderToken(token: string, groups: Readonly<Record<string, string | undefined>>, links: Links): string {
  const kind = ['comment', 'string', 'number'].find((name) => groups[name] !== undefined)
  if (kind !== undefined) return `<span class="${kind}">${escapeHtml(token)}</span>`
  if (KEYWORDS.has(token)) return `<span class="keyword">${escapeHtml(token)}</span>`
  const href = links(token)
  return href === undefined ? escapeHtml(token) : `<a href="${escapeHtml(href)}">${escapeHtml(token)}</a>`
}
