// Which value counts where: the innermost block that gives one. Lists are replaced as a whole, never joined, as in nginx.
import { allOf, type Block, type Bound, oneOf } from './bind-block.ts'
import { type DirectiveName, standardOf, type ValueOf } from './directives.ts'

/** From inside outwards: location, server, edge. */
export type Scopes = readonly Block[]

/** Undefined when no block gives one. */
export function inherited<Name extends DirectiveName>(scopes: Scopes, name: Name): ValueOf<Name> | undefined {
  for (const scope of scopes) {
    const bound: Bound<Name> | undefined = oneOf(scope, name)
    if (bound !== undefined) return bound.value
  }
  return undefined
}

/** With what nginx does when it is not given. */
export function given<Name extends DirectiveName>(scopes: Scopes, name: Name): ValueOf<Name> {
  return inherited(scopes, name) ?? standardOf(name)
}

/** All of the innermost block that gives any, of any of the names, in the order of the text. */
export function listed<Name extends DirectiveName>(scopes: Scopes, ...names: Name[]): readonly Bound<Name>[] {
  for (const scope of scopes) {
    const found = names.flatMap((name) => allOf(scope, name)).sort((a, b) => a.order - b.order)
    if (found.length > 0) return found
  }
  return []
}

/** The values of those that were right. */
export function valuesOf<Name extends DirectiveName>(bounds: readonly Bound<Name>[]): ValueOf<Name>[] {
  return bounds.flatMap(({ value }) => (value === undefined ? [] : [value]))
}
