// Declarations → documentation: what a module exports, with its doc comments. Pure. oxc reads TypeScript for us.
import { type Comment, parseSync } from 'oxc-parser'
import type { DocComment, DocEntry, DocMember, DocModule } from '../../servers/contract/docs.ts'
import { NO_COMMENT, parseComment, parseHeader } from './parse-comment.ts'

export interface ModuleText {
  /** As it is imported. */
  readonly name: string
  /** Declarations, as in a `.d.ts`. */
  readonly text: string
  /** The text of the module's own comment: `source` with a doc comment at its top that says `@module`. */
  readonly source?: string
  /** Line comments at the top are its comment. */
  readonly hasHeader?: boolean
}

type Node = { readonly type: string; readonly start: number; readonly end: number } & Readonly<Record<string, unknown>>

/** Never throws: what cannot be read has no entries. Entries come in the order of the file. */
export function extractDocs({ name, text, source, hasHeader }: ModuleText): DocModule {
  const { program, comments } = parseSync('module.d.ts', text)
  const file: SourceFile = { text, comments }
  const body = program.body as unknown as readonly Node[]
  const bases = new Map(
    body.flatMap((node) => (node.type === 'TSInterfaceDeclaration' ? [[nameOf(node.id as Node), node] as const] : [])),
  )
  const entries = body.flatMap((node) => entriesOf(file, node, bases))
  const header = hasHeader ? headerOf(file) : source === undefined ? NO_COMMENT : moduleComment(source)
  return { name, doc: header, entries: merge(entries) }
}

interface SourceFile {
  readonly text: string
  readonly comments: readonly Comment[]
}

function entriesOf(file: SourceFile, node: Node, bases: ReadonlyMap<string, Node>): DocEntry[] {
  const doc = commentBefore(file, node.start)
  const whole = (kind: DocEntry['kind'], name: string, members: readonly DocMember[] = []): DocEntry[] => [
    { name, kind, signature: sliceOf(file, node).replace(/^export (default )?(declare )?/, ''), doc, members },
  ]
  if (node.type === 'ExportAllDeclaration') return whole('export', sliceOf(file, node).replace(/^export |;$/g, ''))
  if (node.type === 'ExportDefaultDeclaration') return whole('const', 'default')
  if (node.type !== 'ExportNamedDeclaration') return []
  const declaration = node.declaration as Node | null
  if (declaration === null) {
    // `export {}`, which the compiler writes so that a file is a module, says nothing.
    const isEmpty = (node.specifiers as readonly Node[]).length === 0
    return isEmpty ? [] : whole('export', sliceOf(file, node).replace(/^export |;$/g, ''))
  }
  switch (declaration.type) {
    case 'TSInterfaceDeclaration':
    case 'ClassDeclaration': {
      const kind = declaration.type === 'ClassDeclaration' ? 'class' : 'interface'
      const head = file.text.slice(declaration.start, (declaration.body as Node).start).trim()
      const members = [...membersOf(file, declaration), ...inherited(file, declaration, bases)]
      const signature = head.replace(/^(declare )/, '').replace(/\s+/g, ' ')
      return [{ name: nameOf(declaration.id as Node), kind, signature, doc, members }]
    }
    case 'TSTypeAliasDeclaration':
      return whole('type', nameOf(declaration.id as Node))
    case 'TSDeclareFunction':
    case 'FunctionDeclaration':
      return whole('function', nameOf(declaration.id as Node))
    case 'VariableDeclaration':
      return (declaration.declarations as readonly Node[]).flatMap(({ id }) => whole('const', nameOf(id as Node)))
    default:
      return whole('type', nameOf((declaration.id as Node | undefined) ?? declaration))
  }
}

function membersOf(file: SourceFile, declaration: Node): DocMember[] {
  const { body } = declaration.body as unknown as { body: readonly Node[] }
  return body
    .filter(({ accessibility, key }) => accessibility !== 'private' && (key as Node)?.type !== 'PrivateIdentifier')
    .map((member) => ({
      name: memberName(file, member),
      signature: sliceOf(file, member),
      doc: commentBefore(file, member.start),
    }))
}

/** What an exported interface has from one that is not: nobody could look there. */
function inherited(file: SourceFile, declaration: Node, bases: ReadonlyMap<string, Node>): DocMember[] {
  const heritage = (declaration.extends ?? []) as readonly { expression: Node }[]
  return heritage.flatMap(({ expression }) => {
    const base = bases.get(nameOf(expression))
    return base === undefined ? [] : [...membersOf(file, base), ...inherited(file, base, bases)]
  })
}

function memberName(file: SourceFile, { type, key, kind }: Node): string {
  if (type === 'TSCallSignatureDeclaration') return '()'
  if (type === 'TSConstructSignatureDeclaration' || kind === 'constructor') return 'new'
  if (type === 'TSIndexSignature') return '[…]'
  const node = key as Node
  return node.type === 'Identifier' ? nameOf(node) : file.text.slice(node.start, node.end)
}

function nameOf(node: Node): string {
  return typeof node.name === 'string' ? node.name : ''
}

/** A piece of the file without comments, as one reads it: the compiler indents by four. */
function sliceOf({ text, comments }: SourceFile, { start, end }: Node): string {
  let at = start
  let piece = ''
  for (const comment of comments) {
    if (comment.start < start || comment.end > end) continue
    piece += text.slice(at, comment.start)
    at = comment.end
  }
  piece += text.slice(at, end)
  const [first = '', ...rest] = piece.split('\n').filter((line) => line.trim() !== '')
  // It ends at the margin at which it begins.
  const margin = Math.max(0, rest.at(-1)?.search(/\S/) ?? 0)
  return [first, ...rest.map((line) => line.slice(Math.min(margin, line.search(/\S/))))]
    .map((line) => line.replace(/^(?: {4})+/, (indent) => ' '.repeat(indent.length / 2)).trimEnd())
    .join('\n')
    .replace(/;$/, '')
}

/** The doc comment that belongs to what begins at `start`: nothing but space and line comments lies between. */
function commentBefore({ text, comments }: SourceFile, start: number): DocComment {
  for (let index = comments.length - 1; index >= 0; index--) {
    const comment = comments[index]!
    if (comment.end > start) continue
    if (
      text
        .slice(comment.end, start)
        .replace(/\/\/[^\n]*/g, '')
        .trim() !== ''
    )
      return NO_COMMENT
    if (comment.type === 'Line') continue
    return comment.value.startsWith('*') ? parseComment(comment.value.slice(1)) : NO_COMMENT
  }
  return NO_COMMENT
}

function headerOf({ text, comments }: SourceFile): DocComment {
  const lines: string[] = []
  let at = 0
  for (const { type, value, start, end } of comments) {
    if (type !== 'Line' || text.slice(at, start).trim() !== '') break
    lines.push(value)
    at = end
  }
  return parseHeader(lines)
}

/** Only what says `@module` is meant for others: the rest of a file's comments is its author's. */
function moduleComment(source: string): DocComment {
  const comment = /^\s*\/\*\*([\s\S]*?)\*\//.exec(source)?.[1]
  if (comment === undefined || !/@module\b/.test(comment)) return NO_COMMENT
  return parseComment(comment.replace(/@module\b[^\n]*/, ''))
}

/** Overloads are one entry; the first that says something speaks for all. */
function merge(entries: readonly DocEntry[]): DocEntry[] {
  const merged = new Map<string, DocEntry>()
  for (const entry of entries) {
    const key = `${entry.kind === 'function' ? 'function' : entry.kind} ${entry.name}`
    const before = merged.get(key)
    const doc = before === undefined || before.doc === NO_COMMENT ? entry.doc : before.doc
    const signature = before === undefined ? entry.signature : `${before.signature}\n${entry.signature}`
    merged.set(key, { ...entry, signature, doc, members: [...(before?.members ?? []), ...entry.members] })
  }
  return [...merged.values()]
}
