// The documentation as files to send: rendered when somebody asks, again when the yard has made it anew.
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DOCS_FILE, type Docs } from '../../servers/contract/docs.ts'
import { renderNothingYet, renderPage } from '../docs/render-page.ts'
import { searchIndex } from '../docs/search-index.ts'
import type { StaticFile } from './static-files.ts'

const HTML = 'text/html; charset=utf-8'

/** Gives the page of a path below `/docs/`, or undefined. A file that is not there is a yard that has not made it yet. */
export function createDocsPages(root: string): (path: string) => Promise<StaticFile | undefined> {
  const file = join(root, DOCS_FILE)
  let stamp: string | undefined
  let docs: Docs | undefined
  const rendered = new Map<string, StaticFile>()

  return async (path) => {
    const found = await stat(file, { bigint: true }).catch(() => undefined)
    const now = found === undefined ? undefined : `${found.ino} ${found.mtimeNs} ${found.size}`
    if (now !== stamp) {
      docs = now === undefined ? undefined : (JSON.parse(await readFile(file, 'utf8')) as Docs)
      stamp = now
      rendered.clear()
    }
    if (docs === undefined) return path === '/docs/' ? staticFile(HTML, renderNothingYet()) : undefined
    const known = rendered.get(path)
    if (known !== undefined) return known
    const page = render(docs, path)
    // As many as there are modules: what is not there is not kept.
    if (page !== undefined) rendered.set(path, page)
    return page
  }
}

function render(docs: Docs, path: string): StaticFile | undefined {
  if (path === '/docs/search.json') {
    return staticFile('application/json; charset=utf-8', JSON.stringify(searchIndex(docs)))
  }
  const html = renderPage(docs, path)
  return html === undefined ? undefined : staticFile(HTML, html)
}

function staticFile(type: string, text: string): StaticFile {
  const body = Buffer.from(text)
  return { type, body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` }
}
