// What the search box looks through: every name, where it is, and what is said of it first.
import type { Docs } from '../../servers/contract/docs.ts'
import { anchorOf, hrefOf, pagePath } from './doc-links.ts'
import { firstSentence } from './render-text.ts'

export interface SearchEntry {
  /** `Context.publish`, `common/backoff`. */
  readonly name: string
  readonly module: string
  readonly kind: string
  readonly href: string
  /** Plain text. */
  readonly text: string
}

export function searchIndex({ modules }: Docs): SearchEntry[] {
  return modules.flatMap(({ name: module, doc, entries }) => [
    { name: module, module, kind: 'module', href: pagePath(module), text: plain(doc.text) },
    ...entries.flatMap(({ name, kind, doc, members }) => [
      { name, module, kind, href: hrefOf(module, anchorOf(name)), text: plain(doc.text) },
      ...members.map((member) => {
        const anchor = anchorOf(name, member.name)
        return { name: anchor, module, kind: 'member', href: hrefOf(module, anchor), text: plain(member.doc.text) }
      }),
    ]),
  ])
}

function plain(text: string): string {
  return firstSentence(text)
    .replace(/\{@link\w*\s+([^\s|}]+)[^}]*\}/g, '$1')
    .replaceAll('`', '')
}
