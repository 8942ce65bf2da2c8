// A template → a function of data, or every place where it asks for something that is not there.
// A template can do three things: {{NAME}}, {{#each LIST}} with {{NAME}} and {{../NAME}} inside, {{#if NAME}}/{{#unless NAME}}.
import Handlebars from 'handlebars'
import type { Diagnostic } from '../servers/contract/diagnostic.ts'
import { messageOf } from '../servers/contract/errors.ts'
import { didYouMean } from '../servers/contract/nearest.ts'
import { blame, type Range, type Source } from './blame.ts'

/** What a template may ask for: plain names, and lists by the names that each of their items has. */
export interface Names {
  readonly plain: ReadonlySet<string>
  readonly lists: ReadonlyMap<string, ReadonlySet<string>>
}

export interface Template {
  /** Throws when a name is missing, which `compileTemplate` has ruled out for data with the names it was given. */
  render(data: Readonly<Record<string, unknown>>): string
  /** Where each name is used first. */
  readonly uses: ReadonlyMap<string, Range>
}

const HELPERS = { each: true, if: true, unless: true }
const TEMPLATE_LENGTH_MAX = 256 * 1024

/** Null when the template cannot be used; why goes into `diagnostics`. */
export function compileTemplate(source: Source, names: Names, diagnostics: Diagnostic[]): Template | null {
  if (source.text.length > TEMPLATE_LENGTH_MAX) {
    diagnostics.push(
      blame({ source, start: 0, end: 0 }, `This template is longer than ${TEMPLATE_LENGTH_MAX} characters`),
    )
    return null
  }
  // An environment of its own: what somebody registers on the shared one is not known here.
  const engine = Handlebars.create()
  let program: hbs.AST.Program
  try {
    program = engine.parse(source.text)
  } catch (error) {
    diagnostics.push(blameSyntax(source, error))
    return null
  }
  const found: Diagnostic[] = []
  const uses = new Map<string, Range>()
  checkProgram(program, { source, scopes: [names], uses, found })
  diagnostics.push(...found)
  if (found.length > 0) return null
  const run = engine.compile(program, {
    strict: true,
    noEscape: true,
    knownHelpers: HELPERS as unknown as KnownHelpers,
    knownHelpersOnly: true,
  })
  return {
    uses,
    render: (data) => run(data, { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false }),
  }
}

/** Innermost scope last. */
interface Check {
  readonly source: Source
  readonly scopes: readonly Names[]
  readonly uses: Map<string, Range>
  readonly found: Diagnostic[]
}

function checkProgram(program: hbs.AST.Program, check: Check): void {
  for (const statement of program.body) {
    if (statement.type === 'MustacheStatement') checkMustache(statement as hbs.AST.MustacheStatement, check)
    else if (statement.type === 'BlockStatement') checkBlock(statement as hbs.AST.BlockStatement, check)
    else if (statement.type !== 'ContentStatement' && statement.type !== 'CommentStatement') refuse(statement, check)
  }
}

function checkMustache(mustache: hbs.AST.MustacheStatement, check: Check): void {
  if (mustache.params.length > 0 || mustache.hash !== undefined) refuse(mustache, check)
  else checkName(mustache.path, check, 'plain')
}

function checkBlock(block: hbs.AST.BlockStatement, check: Check): void {
  const [param] = block.params
  const isHelper = Object.hasOwn(HELPERS, block.path.original)
  const hasBlockParams = (block.program?.blockParams ?? []).length > 0
  if (!isHelper || block.params.length !== 1 || block.hash !== undefined || hasBlockParams) {
    refuse(block, check)
    return
  }
  const isEach = block.path.original === 'each'
  const name = checkName(param!, check, isEach ? 'list' : 'any')
  const items = isEach ? scopeOf(param as hbs.AST.PathExpression, check)?.lists.get(name ?? '') : undefined
  if (isEach && items === undefined) return
  const scopes = items === undefined ? check.scopes : [...check.scopes, { plain: items, lists: new Map() }]
  if (block.program) checkProgram(block.program, { ...check, scopes })
  if (block.inverse) checkProgram(block.inverse, check)
}

/** The name, when it is one that the scope has and that is of the kind. */
function checkName(expression: hbs.AST.Expression, check: Check, kind: 'plain' | 'list' | 'any'): string | undefined {
  const path = expression as hbs.AST.PathExpression
  if (expression.type !== 'PathExpression' || path.data || path.parts.length !== 1) {
    refuse(expression, check)
    return undefined
  }
  const name = path.parts[0]!
  const scope = scopeOf(path, check)
  const range = rangeOf(check.source, path.loc)
  const has = { plain: scope?.plain.has(name), list: scope?.lists.has(name) }
  if (kind === 'any' ? has.plain || has.list : has[kind]) {
    if (!check.uses.has(name)) check.uses.set(name, range)
    return name
  }
  if (has.plain) check.found.push(blame(range, `"${name}" is not a list`))
  else if (has.list) check.found.push(blame(range, `"${name}" is a list`, `write {{#each ${name}}}`))
  else check.found.push(blame(range, `Unknown name "${name}"`, hintFor(name, scope, check)))
  return undefined
}

function hintFor(name: string, scope: Names | undefined, { scopes }: Check): string | undefined {
  const outside = scopes.slice(0, -1).findLastIndex((each) => each.plain.has(name))
  if (outside !== -1) return `outside of the list it is {{${'../'.repeat(scopes.length - 1 - outside)}${name}}}`
  return scope && didYouMean(name, [...scope.plain, ...scope.lists.keys()])
}

function scopeOf(path: hbs.AST.PathExpression, { scopes }: Check): Names | undefined {
  return scopes.at(-1 - path.depth)
}

function refuse(node: hbs.AST.Node, { source, found }: Check): void {
  const message = 'A template has {{NAME}}, {{#each LIST}}, {{#if NAME}} and {{#unless NAME}}, and nothing else'
  found.push(blame(rangeOf(source, node.loc), message))
}

function rangeOf(source: Source, { start, end }: hbs.AST.SourceLocation): Range {
  return { source, start: offsetOf(source.text, start), end: offsetOf(source.text, end) }
}

/** Handlebars counts lines from 1 and columns from 0. */
function offsetOf(text: string, { line, column }: hbs.AST.Position): number {
  let start = 0
  for (let i = 1; i < line; i++) start = text.indexOf('\n', start) + 1
  return start + column
}

/** Handlebars says the line in its message, and the place only as a caret under an excerpt. */
function blameSyntax(source: Source, error: unknown): Diagnostic {
  const message = messageOf(error)
  const known = error as { lineNumber?: number; column?: number }
  const line = known.lineNumber ?? Number(/Parse error on line (\d+)/.exec(message)?.[1] ?? 1)
  const lineText = source.text.split('\n')[line - 1] ?? ''
  const opening = lineText.lastIndexOf('{{')
  const column = known.column ?? Math.max(0, opening)
  const start = offsetOf(source.text, { line, column })
  const why = /Expecting .*, got '(\w+)'/.exec(message)?.[1]
  const text = why === undefined ? message.replace(/ - \d+:\d+$/, '') : `unexpected ${TOKENS[why] ?? why}`
  return blame({ source, start, end: start + 2 }, `Cannot read this template: ${text}`)
}

const TOKENS: Readonly<Record<string, string>> = {
  EOF: 'end of the file: a block is not closed',
  CLOSE: '"}}"',
  OPEN: '"{{": the one before it has no "}}"',
  INVALID: 'text: a "}}" is missing',
  OPEN_ENDBLOCK: '{{/...}}: no block is open',
}
