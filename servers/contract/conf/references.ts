// Names that one directive gives and another uses: variables, zones, log formats. They may stand in any order, so they are
// compared when all of the conf was read.
import { didYouMean } from '../nearest.ts'
import { isBuiltIn, lackingVariable, VARIABLE_NAMES } from './built-in-variables.ts'
import type { Problems } from './problems.ts'
import { type Place, show } from './tokenize.ts'

export type Kind = 'variable' | 'log_format' | 'limit_req_zone' | 'limit_conn_zone'

export class References {
  readonly #known: Readonly<Record<Kind, Set<string>>> = {
    variable: new Set(),
    log_format: new Set(['combined']),
    limit_req_zone: new Set(),
    limit_conn_zone: new Set(),
  }
  readonly #used: { kind: Kind; name: string; place: Place }[] = []

  defines(kind: Kind, name: string): void {
    this.#known[kind].add(name)
  }

  /** `place` is where the caret is to be when nothing has that name. */
  uses(kind: Kind, name: string, place: Place): void {
    this.#used.push({ kind, name, place })
  }

  check(problems: Problems): void {
    for (const { kind, name, place } of this.#used) {
      if (this.#known[kind].has(name)) continue
      if (kind !== 'variable') {
        const hint = didYouMean(name, this.#known[kind]) ?? `write ${GIVEN_BY[kind]}`
        problems.add(place, `There is no ${kind} called ${show(name)}`, hint)
      } else if (!isBuiltIn(name)) this.#reportVariable(name, place, problems)
    }
  }

  #reportVariable(name: string, place: Place, problems: Problems): void {
    const lacking = lackingVariable(name)
    if (lacking !== undefined) {
      problems.add(place, `"$${name}" is a variable of nginx that edgeyard does not have`, lacking.instead)
      return
    }
    const hint = problems.full ? undefined : didYouMean(name, [...this.#known.variable, ...VARIABLE_NAMES])
    // nginx's words.
    problems.add(place, `Unknown ${show(name)} variable`, hint?.replace('"', '"$'))
  }
}

const GIVEN_BY: Readonly<Record<Exclude<Kind, 'variable'>, string>> = {
  log_format: 'log_format NAME TEXT; in edge',
  limit_req_zone: 'limit_req_zone KEY zone=NAME:SIZE rate=RATE; in edge',
  limit_conn_zone: 'limit_conn_zone KEY zone=NAME:SIZE; in edge',
}
