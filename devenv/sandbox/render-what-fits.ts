// The confs of a yard as far as serverctrl and the developers agree: one who has just come or gone, or one branch that does not
// fit, is left out, and must not cost everybody else their confs. Pure.
import type { Diagnostic } from '../../servers/contract/diagnostic.ts'
import { MASTER } from '../../servers/contract/names.ts'
import { removeDevelopers } from '../../templates/edit-values.ts'
import { parseValues } from '../../templates/parse-values.ts'
import { type Rendered, type RenderInput, TEMPLATES, type TemplateFiles } from '../../templates/render.ts'
import { renderYard } from '../../templates/render-yard.ts'

/** `developer`: has no section yet. `section`: of nobody in this yard. `branch`: a developer's own, in place of which master counts. */
export interface LeftOut {
  readonly kind: 'developer' | 'section' | 'branch'
  readonly name: string
  /** What is wrong with the branch. */
  readonly diagnostics: readonly Diagnostic[]
}

export interface Fitted extends Rendered {
  /** Empty when everything fits, and when nothing helps: then there are diagnostics. */
  readonly leftOut: readonly LeftOut[]
  /** What is wrong with all of it together: for who has to fit it himself. */
  readonly complaints: readonly Diagnostic[]
}

/** What was hidden behind a branch that is left out shows in the next round; more of them than this are no accident of two pushes. */
const ROUNDS_MAX = 8

export function renderWhatFits(input: RenderInput): Fitted {
  const whole = renderYard(input)
  const complaints = whole.diagnostics
  const agreed = complaints.length === 0 ? null : withoutStrangers(input)
  if (agreed === null) return { ...whole, leftOut: [], complaints }
  const leftOut = [...agreed.leftOut]
  let branches = input.branches
  let rendered = leftOut.length === 0 ? whole : renderYard(agreed.input)
  for (let round = 1; round <= ROUNDS_MAX && rendered.diagnostics.length > 0; round++) {
    const broken = brokenBranches(Object.keys(branches), rendered.diagnostics)
    // The operator's own files are wrong.
    if (broken.length === 0) break
    leftOut.push(...broken)
    const names = new Set(broken.map(({ name }) => name))
    branches = Object.fromEntries(Object.entries(branches).filter(([name]) => !names.has(name)))
    rendered = renderYard({ ...agreed.input, branches })
  }
  return rendered.diagnostics.length > 0 ? { ...whole, leftOut: [], complaints } : { ...rendered, leftOut, complaints }
}

/** Without developers who have no section, and sections of nobody. Null when master's files cannot be read at all. */
function withoutStrangers(input: RenderInput): { input: RenderInput; leftOut: readonly LeftOut[] } | null {
  const { files, facts } = input
  const sections = sectionsOf(files)
  if (sections === null) return null
  const known = new Set(facts.developers.map(({ name }) => name))
  const strangers = [...sections].filter((name) => !known.has(name))
  const developers = facts.developers.filter(({ name }) => name === MASTER || sections.has(name))
  const newcomers = facts.developers.filter((developer) => !developers.includes(developer))
  const leave = (kind: LeftOut['kind']) => (name: string) => ({ kind, name, diagnostics: [] })
  return {
    input: { ...input, files: removeDevelopers(files, strangers), facts: { ...facts, developers } },
    leftOut: [...newcomers.map(({ name }) => name).map(leave('developer')), ...strangers.map(leave('section'))],
  }
}

/** Who has a section in any of master's values files. */
function sectionsOf(files: TemplateFiles): ReadonlySet<string> | null {
  const wrong: Diagnostic[] = []
  const names = TEMPLATES.flatMap((template) => {
    const file = `${template}.values.yaml`
    const text = Object.hasOwn(files, file) ? files[file]! : ''
    return [...(parseValues({ file, text }, wrong)?.sections.keys() ?? [])]
  })
  return wrong.length > 0 ? null : new Set(names)
}

/** The branches that diagnostics are about: by their files, or by whose conf it is that came out wrong. */
function brokenBranches(branches: readonly string[], diagnostics: readonly Diagnostic[]): LeftOut[] {
  return branches.flatMap((name) => {
    const own = diagnostics.filter(({ file }) => file.startsWith(`${name}:`) || file.endsWith(` (${name})`))
    return own.length === 0 ? [] : [{ kind: 'branch' as const, name, diagnostics: own }]
  })
}
