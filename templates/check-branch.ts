// What a developer may change on their own branch of serverctrl: their own section, and there the keys that are theirs.
import type { Diagnostic } from '../servers/contract/diagnostic.ts'
import { MASTER } from '../servers/contract/names.ts'
import { blame, inOrder, type Range, wholeFile } from './blame.ts'
import { type Entry, MAY_SET, parseValues, type Section, type Values } from './parse-values.ts'
import { TEMPLATES, type TemplateFiles, type TemplateName } from './render.ts'
import { checkEntry, LISTEN } from './resolve-values.ts'

export interface BranchPush {
  readonly developer: string
  /** The commit of `master` that the branch stands on; what master changed since is not the developer's doing. */
  readonly base: TemplateFiles
  readonly pushed: TemplateFiles
}

/** Empty when the push may be taken. Comments are nobody's: they may change anywhere in a values file. */
export function checkDeveloperBranch({ developer, base, pushed }: BranchPush): Diagnostic[] {
  const diagnostics: Diagnostic[] = []
  const names = [...new Set([...Object.keys(base), ...Object.keys(pushed)])].sort()
  for (const name of names) {
    const before = textOf(base, name)
    const after = textOf(pushed, name)
    if (before === after) continue
    const file = `${developer}:${name}`
    const template = TEMPLATES.find((each) => name === `${each}.values.yaml`)
    if (before === undefined || after === undefined || template === undefined) {
      const what = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
      const message = `This file may not be ${what} on the branch of ${developer}: only the section "${developer}" of values files is theirs`
      diagnostics.push(blame(wholeFile(file), message))
      continue
    }
    const old = parseValues({ file: name, text: before }, [])
    const values = parseValues({ file, text: after }, diagnostics)
    if (old === null)
      diagnostics.push(blame(wholeFile(name), `Cannot compare with this file: it is broken on ${MASTER}`))
    else if (values !== null) diagnostics.push(...compare(values, { template, developer, old, base }))
  }
  return inOrder(diagnostics)
}

function textOf(files: TemplateFiles, name: string): string | undefined {
  return Object.hasOwn(files, name) ? files[name] : undefined
}

interface Known {
  readonly template: TemplateName
  readonly developer: string
  readonly old: Values
  readonly base: TemplateFiles
}

function compare(values: Values, known: Known): Diagnostic[] {
  const { template, developer, old } = known
  const names = new Set([...old.sections.keys(), ...values.sections.keys()])
  const start: Range = { source: values.source, start: 0, end: 0 }
  const found = [...names].flatMap((name) => {
    const changes = changesOf(old.sections.get(name), values.sections.get(name), start)
    if (name === developer) return changes.flatMap((change) => checkOwn(change, known))
    const message = `The section "${name}" is not ${developer}'s: only "${developer}" may be changed here`
    return changes.slice(0, 1).map(({ at }) => blame(at, message))
  })
  const own = values.sections.get(developer)
  if (template === 'httpserver' && own !== undefined && !old.sections.has(developer)) {
    found.push(
      blame(
        own.at,
        `${developer} has no httpserver of their own: the operator gives one with a section in ${MASTER}'s file`,
      ),
    )
  }
  if (sorted(old.maySet) !== sorted(values.maySet)) {
    found.push(blame(values.sections.get(MASTER)!.at, `${MAY_SET} is the operator's to change`))
  }
  return found
}

function checkOwn({ key, at, entry }: Change, known: Known): Diagnostic[] {
  const { template, developer, old } = known
  if (!old.maySet.has(key)) return [blame(at, `"${key}" is not ${developer}'s to set`, hintFor(key, entry, known))]
  return entry === undefined ? [] : checkEntry(template, key, entry, old.sections.get(MASTER)!)
}

function sorted(keys: ReadonlySet<string>): string {
  return [...keys].sort().join()
}

interface Change {
  readonly key: string
  readonly at: Range
  /** Undefined when the key was removed. */
  readonly entry?: Entry
}

function changesOf(before: Section | undefined, after: Section | undefined, start: Range): Change[] {
  const set = [...(after?.entries ?? [])].filter(([key, { value }]) => before?.entries.get(key)?.value !== value)
  const removed = [...(before?.entries.keys() ?? [])].filter((key) => !after?.entries.has(key))
  return [
    ...set.map(([key, entry]) => ({ key, at: entry.key, entry })),
    ...removed.map((key) => ({ key, at: after?.at ?? start })),
  ]
}

/** Whose port it is that they wanted, or else which keys they may set. */
function hintFor(key: string, entry: Entry | undefined, known: Known): string {
  const { template, developer, old, base } = known
  const holder =
    key === LISTEN && entry !== undefined ? holderOf(entry.value, `${template}/${developer}`, base) : undefined
  if (holder !== undefined) return `port ${entry!.value} is that of ${holder}`
  return old.maySet.size === 0 ? 'no key of this file is' : `theirs are ${[...old.maySet].join(', ')}`
}

function holderOf(port: unknown, except: string, base: TemplateFiles): string | undefined {
  for (const template of TEMPLATES) {
    const file = `${template}.values.yaml`
    const values = parseValues({ file, text: textOf(base, file) ?? '' }, [])
    for (const [name, { entries }] of values?.sections ?? []) {
      const who = `${template}/${name}`
      if (who !== except && entries.get(LISTEN)?.value === port) return who
    }
  }
  return undefined
}
