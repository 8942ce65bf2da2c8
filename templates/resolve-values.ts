// master + overrides → what counts for one developer, and every override that may not be.
import type { Diagnostic } from '../servers/contract/diagnostic.ts'
import { MASTER } from '../servers/contract/names.ts'
import { didYouMean } from '../servers/contract/nearest.ts'
import { blame, type Range } from './blame.ts'
import { FACT_NAMES } from './facts.ts'
import type { Entry, Section, Value, Values } from './parse-values.ts'
import type { TemplateName, YardFacts } from './render.ts'

/** The key that every template but rsyslog's has: the port. */
export const LISTEN = 'LISTEN'

/** The key by which a server speaks TLS; templates of an older yard have none. */
export const TLS = 'TLS'

/** What is wrong in master's own files: unknown developers and keys, names of facts, types that differ, no port. */
export function checkValues(template: TemplateName, values: Values, developers: readonly string[]): Diagnostic[] {
  const found: Diagnostic[] = []
  const master = values.sections.get(MASTER)!
  for (const [name, section] of values.sections) {
    if (template === 'rsyslog' && name !== MASTER) {
      found.push(blame(section.at, `There is one rsyslog for the yard: only "${MASTER}" counts here`))
    } else if (name !== MASTER && !developers.includes(name)) {
      found.push(blame(section.at, `There is no developer "${name}"`, didYouMean(name, developers)))
    } else {
      for (const [key, entry] of section.entries) found.push(...checkEntry(template, key, entry, master))
    }
  }
  if (template !== 'rsyslog' && !master.entries.has(LISTEN)) {
    found.push(blame(master.at, `"${MASTER}" has no ${LISTEN}, the port of ${template}`))
  }
  return found
}

/** What is wrong with one key of a section, master's own included. */
export function checkEntry(
  template: TemplateName,
  key: string,
  { value, at, key: keyAt }: Entry,
  master: Section,
): Diagnostic[] {
  if (FACT_NAMES.has(key)) return [blame(keyAt, `"${key}" is a fact of the yard, which values may not set`)]
  const base = master.entries.get(key)
  if (base === undefined) {
    return [
      blame(
        keyAt,
        `"${key}" is no key of ${MASTER}, so it cannot be overridden`,
        didYouMean(key, master.entries.keys()),
      ),
    ]
  }
  if (typeof value !== typeof base.value) {
    return [blame(at, `${key} is ${showType(base.value)} in ${MASTER}, and ${showType(value)} here`)]
  }
  const isPort = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535
  if (key === LISTEN && template !== 'rsyslog' && !isPort)
    return [blame(at, `${LISTEN} is a port: a number from 1 to 65535`)]
  // A template takes any text for a yes, an "off" too.
  if (key === TLS && typeof value !== 'boolean')
    return [blame(at, `${TLS} is true or false, and ${showType(value)} here`)]
  return []
}

/** The overrides of a developer's own branch: of their own section the keys that are theirs, each as right as in master's files. */
export function checkBranchValues(
  template: TemplateName,
  values: Values,
  branch: Values,
  developer: string,
): Diagnostic[] {
  const section = ownEntries(values, branch, developer)
  return section.flatMap(([key, entry]) => checkEntry(template, key, entry, values.sections.get(MASTER)!))
}

/** Every key of master, with the value that counts for this developer and the place it comes from. */
export function resolveValues(values: Values, branch: Values | null, developer: string): ReadonlyMap<string, Entry> {
  const own = developer === MASTER ? [] : (values.sections.get(developer)?.entries ?? [])
  return new Map([
    ...values.sections.get(MASTER)!.entries,
    ...own,
    ...(branch === null ? [] : ownEntries(values, branch, developer)),
  ])
}

function ownEntries(values: Values, branch: Values, developer: string): [string, Entry][] {
  const section = developer === MASTER ? undefined : branch.sections.get(developer)
  return [...(section?.entries ?? [])].filter(([key]) => values.maySet.has(key))
}

function showType(value: Value): string {
  return { string: 'a text', number: 'a number', boolean: 'true or false' }[
    typeof value as 'string' | 'number' | 'boolean'
  ]
}

/** Who listens where, and what says so. */
export interface PortClaim {
  readonly template: TemplateName
  readonly developer: string
  readonly port: number
  readonly at: Range
  /** Where the developer's section is, or would be looked for: an inherited port is not told at master's line alone. */
  readonly sectionAt: Range
  /** True when it is master's port, which the developer has not overridden. */
  readonly inherited: boolean
  /** True when the developer said so on their own branch. */
  readonly own: boolean
}

/** Two on one port: the later one is to blame, and before it a developer who took it on their own branch. In the order of `claims`. */
export function checkPorts(claims: readonly PortClaim[], yardPorts: YardFacts['ports']): Diagnostic[] {
  const holders = new Map<number, PortClaim>()
  const ofYard = new Map([
    [yardPorts.ssh, "the yard's own ssh server"],
    [yardPorts.viewer, 'the log viewer'],
  ])
  // Sorting is stable: the operator's claims keep their order and come first. A line further down comes later.
  const inFile = (a: PortClaim, b: PortClaim) => (a.template === b.template ? a.at.start - b.at.start : 0)
  const ordered = [...claims].sort((a, b) => Number(a.own) - Number(b.own) || inFile(a, b))
  return ordered.flatMap((claim) => {
    const yards = ofYard.get(claim.port)
    if (yards !== undefined) {
      return [blame(claim.at, `${nameOf(claim)} cannot have port ${claim.port}: it is the port of ${yards}`)]
    }
    const holder = holders.get(claim.port)
    if (holder === undefined) {
      holders.set(claim.port, claim)
      return []
    }
    const [who, other] = [claim, holder].map(nameOf)
    if (claim.inherited) {
      return [
        blame(claim.sectionAt, `${who} has no ${LISTEN} of its own and would share port ${claim.port} with ${other}`),
      ]
    }
    return [blame(claim.at, `${who} cannot have port ${claim.port}: it is the port of ${other}`)]
  })
}

function nameOf({ template, developer }: PortClaim): string {
  return `${template}/${developer}`
}
