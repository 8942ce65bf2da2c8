// Every directive, in one table. Those that nginx has keep nginx's names, contexts, units and defaults.
import { ACCESS } from './directives/access.ts'
import type { Directive } from './directives/directive.ts'
import { FILES } from './directives/files.ts'
import { GZIP } from './directives/gzip.ts'
import { HEADERS } from './directives/headers.ts'
import { LIMITS } from './directives/limits.ts'
import { LOG } from './directives/log.ts'
import { PROCESS } from './directives/process.ts'
import { REWRITE } from './directives/rewrite.ts'
import { SERVER } from './directives/server.ts'
import { STORES } from './directives/stores.ts'
import { TLS } from './directives/tls.ts'
import { WEBSOCKET } from './directives/websocket.ts'
import { References } from './references.ts'
import { wordOf } from './tokenize.ts'

export const DIRECTIVES = {
  ...PROCESS,
  ...STORES,
  ...SERVER,
  ...FILES,
  ...REWRITE,
  ...ACCESS,
  ...LIMITS,
  ...HEADERS,
  ...GZIP,
  ...LOG,
  ...TLS,
  ...WEBSOCKET,
}

export type DirectiveName = keyof typeof DIRECTIVES
export type ValueOf<Name extends DirectiveName> = ReturnType<(typeof DIRECTIVES)[Name]['read']>

export const DIRECTIVE_NAMES = Object.keys(DIRECTIVES) as DirectiveName[]

export function isDirectiveName(name: string): name is DirectiveName {
  return Object.hasOwn(DIRECTIVES, name)
}

const standards = new Map<DirectiveName, unknown>()

/** The value of a directive that is not given. Throws for one that has none. */
export function standardOf<Name extends DirectiveName>(name: Name): ValueOf<Name> {
  if (!standards.has(name)) {
    const { standard, read }: Directive<unknown> = DIRECTIVES[name]
    if (standard === undefined) throw new Error(`The directive ${name} has no standard value`)
    // There is nothing in it that would need a tokenizer, and every start of a server reads them all.
    const words = standard.split(' ').map((text) => wordOf(text === '""' ? '' : text))
    standards.set(name, read(words, new References(), []))
  }
  return standards.get(name) as ValueOf<Name>
}
