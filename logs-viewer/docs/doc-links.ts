// Where everything that is documented has its place: pages by module, anchors by name.
import { type DocModule, type Docs, SCRIPT_MODULE } from '../../servers/contract/docs.ts'
import type { Links } from './render-code.ts'

/** `/docs/edgeyard`, `/docs/common/geo/box`. */
export function pagePath(module: string): string {
  return `/docs/${module.split('/').map(encodeURIComponent).join('/')}`
}

/** The anchor of an entry, or of a member of it. */
export function anchorOf(entry: string, member?: string): string {
  return member === undefined ? entry : `${entry}.${member}`
}

export function hrefOf(module: string, anchor: string): string {
  return `${pagePath(module)}#${encodeURIComponent(anchor)}`
}

/**
 * Names as they are seen from a module: its own first, then those of the types of scripts. `Entry.member` and `common/NAME`
 * are names too.
 */
export function createLinks({ modules }: Docs, seenFrom: string): Links {
  const known = new Map<string, string>()
  const own = modules.filter(({ name }) => name === seenFrom)
  const script = modules.filter(({ name }) => name === SCRIPT_MODULE)
  for (const module of [...own, ...script]) addNames(known, module)
  for (const { name } of modules) if (!known.has(name)) known.set(name, pagePath(name))
  return (name) => known.get(name)
}

function addNames(known: Map<string, string>, { name: module, entries }: DocModule): void {
  for (const { name, members } of entries) {
    if (!known.has(name)) known.set(name, hrefOf(module, anchorOf(name)))
    for (const member of members) {
      const anchor = anchorOf(name, member.name)
      if (!known.has(anchor)) known.set(anchor, hrefOf(module, anchor))
    }
  }
}
