// The pages of the documentation. Pure: what was made of doc comments and types in, HTML out, every text of it escaped.
import {
  type DocComment,
  type DocEntry,
  type DocMember,
  type DocModule,
  type Docs,
  SCRIPT_MODULE,
} from '../../servers/contract/docs.ts'
import { anchorOf, createLinks, hrefOf, pagePath } from './doc-links.ts'
import { escapeHtml } from './escape-html.ts'
import { type Links, renderCode } from './render-code.ts'
import { firstSentence, renderInline, renderText } from './render-text.ts'

/** A path below `/docs/` → its page; undefined when there is none. */
export function renderPage(docs: Docs, path: string): string | undefined {
  if (path === '/docs/') return renderFrame(docs, null, renderStart(docs))
  const module = docs.modules.find(({ name }) => pagePath(name) === path)
  return module === undefined ? undefined : renderFrame(docs, module, renderModule(docs, module))
}

/** While nothing was made yet. */
export function renderNothingYet(): string {
  const docs = { madeOf: '', common: null, modules: [] }
  return renderFrame(docs, null, '<h1>No documentation yet</h1><p>The yard makes it when it comes up.</p>')
}

function renderFrame(docs: Docs, module: DocModule | null, content: string): string {
  const title = module === null ? 'edgeyard docs' : `${module.name} · edgeyard docs`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/docs.css">
<script type="module" src="/docs.js"></script>
</head>
<body>
<header>
<h1><img src="/icon.svg" alt="" width="22" height="22"><span>edgeyard</span> docs</h1>
<nav aria-label="Pages"><a href="/">Logs</a><a href="/docs/" aria-current="${module === null ? 'page' : 'true'}">Docs</a></nav>
<search hidden><input id="search" type="search" aria-label="Search the documentation" aria-controls="results" aria-keyshortcuts="/" placeholder="Search names and texts…" maxlength="100" autocomplete="off" spellcheck="false"></search>
</header>
<div id="page">
${renderContents(docs, module)}
<main id="content">
<section id="results" aria-live="polite" hidden></section>
<article>
${content}
</article>
</main>
</div>
</body>
</html>
`
}

function renderContents({ modules }: Docs, current: DocModule | null): string {
  if (modules.length === 0) return ''
  const items = modules.map((module) => {
    const isCurrent = module === current
    const link = `<a href="${escapeHtml(pagePath(module.name))}"${isCurrent ? ' aria-current="page"' : ''}>${escapeHtml(module.name)}</a>`
    if (!isCurrent) return `<li>${link}</li>`
    const names = module.entries.map(
      ({ name }) =>
        `<li><a href="${escapeHtml(`#${encodeURIComponent(anchorOf(name))}`)}">${escapeHtml(name)}</a></li>`,
    )
    return `<li>${link}<ul>${names.join('')}</ul></li>`
  })
  return `<nav id="contents" aria-label="Modules"><ul>${items.join('')}</ul></nav>`
}

function renderStart(docs: Docs): string {
  const script = docs.modules.filter(({ name }) => name === SCRIPT_MODULE)
  const common = docs.modules.filter(({ name }) => name !== SCRIPT_MODULE)
  const links = createLinks(docs, SCRIPT_MODULE)
  const at = docs.common === null ? '' : ` <small>at ${escapeHtml(docs.common.slice(0, 12))}</small>`
  return `<h1>Documentation</h1>
<p>What a script may use. It is made of the doc comments and types themselves, and renewed whenever they change.</p>
<h2>Scripts</h2>
<p>Types only, so nothing has to be installed: <code>import type { … } from '${SCRIPT_MODULE}'</code></p>
${script.map((module) => renderNames(module, links)).join('')}
<h2>The common library${at}</h2>
${common.length === 0 ? '<p>It has no modules yet.</p>' : '<p>Everybody’s scripts may import it, by the names below.</p>'}
${common
  .map((module) => {
    const own = createLinks(docs, module.name)
    const summary = module.doc.text === '' ? '' : `<p>${renderInline(firstSentence(module.doc.text), own)}</p>`
    return `<h3><a href="${escapeHtml(pagePath(module.name))}">${escapeHtml(module.name)}</a></h3>${summary}${renderNames(module, own)}`
  })
  .join('')}
<h2>In your editor</h2>
<p>A new repository begins with these types. Yours are brought up to date with</p>
<pre class="example"><code>git fetch
git restore --source=origin/types edgeyard.d.ts types/common</code></pre>
<p>A repository that is older than the common library needs one line in its <code>tsconfig.json</code>, below <code>compilerOptions</code>:</p>
<pre class="example"><code>${renderCode('"paths": { "edgeyard": ["./edgeyard.d.ts"], "common/*": ["./types/common/*"] }')}</code></pre>`
}

/** What a module has, a line each. */
function renderNames({ name: module, entries }: DocModule, links: Links): string {
  if (entries.length === 0) return ''
  const rows = entries.map(
    ({ name, doc }) =>
      `<dt><a href="${escapeHtml(hrefOf(module, anchorOf(name)))}">${escapeHtml(name)}</a></dt><dd>${renderInline(firstSentence(doc.text), links)}</dd>`,
  )
  return `<dl class="names">${rows.join('')}</dl>`
}

function renderModule(docs: Docs, { name, doc, entries }: DocModule): string {
  const links = createLinks(docs, name)
  const word = name === SCRIPT_MODULE ? 'import type' : 'import'
  // The types that a script is written by come last; of a library's modules the first names say what it is for.
  const named = entries.filter(({ kind }) => kind !== 'export').map((entry) => entry.name)
  const shown = name === SCRIPT_MODULE ? named.slice(-2) : named.slice(0, 2)
  const use = `${word} { ${shown.join(', ')}${entries.length > 2 ? ', …' : ''} } from '${name}'`
  return `<h1>${escapeHtml(name)}</h1>
${entries.length === 0 ? '<p>It exports nothing.</p>' : `<pre class="import"><code>${renderCode(use, links)}</code></pre>`}
${renderComment(doc, links)}
${entries.map((entry) => renderEntry(entry, links)).join('\n')}`
}

function renderEntry({ name, kind, signature, doc, members }: DocEntry, links: Links): string {
  const others: Links = (word) => (word === name ? undefined : links(word))
  return `<section class="entry">
<h2 id="${escapeHtml(anchorOf(name))}"><a href="${escapeHtml(`#${encodeURIComponent(anchorOf(name))}`)}">${escapeHtml(name)}</a> <small>${escapeHtml(kind)}</small></h2>
<pre class="signature"><code>${renderCode(signature, others)}</code></pre>
${renderComment(doc, links)}
${members.map((member) => renderMember(name, member, links)).join('\n')}
</section>`
}

function renderMember(entry: string, { name, signature, doc }: DocMember, links: Links): string {
  const anchor = anchorOf(entry, name)
  return `<section class="member" id="${escapeHtml(anchor)}">
<h3><a href="${escapeHtml(`#${encodeURIComponent(anchor)}`)}">${escapeHtml(name)}</a></h3>
<pre class="signature"><code>${renderCode(signature, links)}</code></pre>
${renderComment(doc, links)}
</section>`
}

function renderComment(doc: DocComment, links: Links): string {
  const list = (rows: readonly (readonly [string, string])[]) =>
    rows.length === 0
      ? ''
      : `<dl class="tags">${rows.map(([term, text]) => `<dt>${term}</dt><dd>${renderInline(text, links)}</dd>`).join('')}</dl>`
  return [
    doc.deprecated === null ? '' : `<p class="deprecated">Deprecated. ${renderInline(doc.deprecated, links)}</p>`,
    renderText(doc.text, links),
    list([
      ...doc.params.map(({ name, text }) => [`<code>${escapeHtml(name)}</code>`, text] as const),
      ...(doc.returns === '' ? [] : [['returns', doc.returns] as const]),
      ...doc.throws.map((text) => ['throws', text] as const),
    ]),
    ...doc.examples.map((code) => `<pre class="example"><code>${renderCode(code, links)}</code></pre>`),
  ].join('')
}
