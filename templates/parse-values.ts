// `socketserver.values.yaml` → sections of plain values, each with its place.
//
// What a value may be: a number, true, false, or one phrase. A phrase has no control characters and none of
//   ; { } " ' \ $ # `
// so it cannot end a directive, open a block or a quote, begin a comment or stand for something else, in nginx's syntax,
// in redis.conf or in rsyslog's, whether or not the template puts it in quotes. Nothing is ever escaped: what cannot be
// written plainly is refused. Facts of the yard (paths, passwords) may say more, and templates put them in quotes: facts.ts.
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseDocument } from 'yaml'
import type { Diagnostic } from '../servers/contract/diagnostic.ts'
import { messageOf } from '../servers/contract/errors.ts'
import { MASTER } from '../servers/contract/names.ts'
import { didYouMean } from '../servers/contract/nearest.ts'
import { blame, type Range, type Source, wholeFile } from './blame.ts'

export type Value = string | number | boolean

export interface Entry {
  readonly value: Value
  /** The place of the value. */
  readonly at: Range
  /** The place of its key. */
  readonly key: Range
}

export interface Section {
  /** The place of its name. */
  readonly at: Range
  readonly entries: ReadonlyMap<string, Entry>
}

export interface Values {
  readonly source: Source
  readonly sections: ReadonlyMap<string, Section>
  /** DEVELOPER_MAY_SET of master: the keys that a developer may set on their own branch. */
  readonly maySet: ReadonlySet<string>
}

/** The list in master's section that names the keys of the developers. */
export const MAY_SET = 'DEVELOPER_MAY_SET'

/** Ours have under 2 KiB; a developer pushes these files too. */
const VALUES_LENGTH_MAX = 64 * 1024
const KEY = /^[A-Z][A-Z0-9_]{0,63}$/
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp};{}"'\\$#`]/u

/** Null when the file is too broken to say anything about its sections. What is wrong goes into `diagnostics`. */
export function parseValues(source: Source, diagnostics: Diagnostic[]): Values | null {
  const found = diagnostics.length
  const root = parseYaml(source, diagnostics)
  if (root === null) return null
  const sections = new Map<string, Section>()
  let maySet: ReadonlySet<string> = new Set()
  for (const [name, nameAt, node] of pairsOf(source, root, diagnostics)) {
    if (!isMap(node) && !(isScalar(node) && node.value === null)) {
      diagnostics.push(blame(rangeOf(source, node), `The section "${name}" is not a map of keys and values`))
      continue
    }
    const { entries, list } = parseSection(source, name, isMap(node) ? node.items : [], diagnostics)
    sections.set(name, { at: nameAt, entries })
    if (list !== undefined) maySet = list
  }
  const master = sections.get(MASTER)
  if (master === undefined) {
    if (diagnostics.length === found) diagnostics.push(blame(wholeFile(source.file), `There is no section "${MASTER}"`))
    return null
  }
  return { source, sections, maySet }
}

function parseYaml({ file, text }: Source, diagnostics: Diagnostic[]): Pair[] | null {
  const source = { file, text }
  if (text.length > VALUES_LENGTH_MAX) {
    diagnostics.push(blame(wholeFile(file), `This file is longer than ${VALUES_LENGTH_MAX} characters`))
    return null
  }
  try {
    const document = parseDocument(text, { version: '1.2', schema: 'core', stringKeys: true, prettyErrors: false })
    const wrong = [...document.errors, ...document.warnings]
    // After a mistake of syntax the parser only guesses; keys given twice are all worth showing.
    const shown = wrong.every(({ code }) => code === 'DUPLICATE_KEY') ? wrong : wrong.slice(0, 1)
    for (const { pos, message } of shown)
      diagnostics.push(blame({ source, start: pos[0], end: pos[1] }, sayWhy(message)))
    if (wrong.length > 0) return null
    if (isMap(document.contents)) return document.contents.items
  } catch (error) {
    diagnostics.push(blame(wholeFile(file), sayWhy(messageOf(error))))
    return null
  }
  diagnostics.push(blame(wholeFile(file), `There is no section "${MASTER}"`))
  return null
}

/** The library follows the nesting of a text on the stack, whose end somebody may be looking for: thrown or listed. */
function sayWhy(message: string): string {
  return message.includes('call stack') ? 'Cannot read this file as YAML: it is nested too deeply' : message
}

function* pairsOf(source: Source, pairs: readonly Pair[], diagnostics: Diagnostic[]): Generator<[string, Range, Node]> {
  for (const { key, value } of pairs) {
    const at = rangeOf(source, key as Node)
    if (!isScalar(key) || typeof key.value !== 'string') diagnostics.push(blame(at, 'A key is a plain word'))
    else if (value === null) diagnostics.push(blame(at, `"${key.value}" has no value`))
    else if (isPlain(source, value as Node, diagnostics)) yield [key.value, at, value as Node]
  }
}

/** Aliases, anchors and tags save typing and cost every reader a search. */
function isPlain(source: Source, node: Node, diagnostics: Diagnostic[]): boolean {
  const isMarked = isAlias(node) || (isScalar(node) && (node.anchor || node.tag)) || (isMap(node) && node.anchor)
  if (isMarked)
    diagnostics.push(blame(rangeOf(source, node), 'Aliases, anchors and tags are not allowed: write the value out'))
  return !isMarked
}

function parseSection(source: Source, section: string, pairs: readonly Pair[], diagnostics: Diagnostic[]) {
  const entries = new Map<string, Entry>()
  let list: ReadonlySet<string> | undefined
  let listNode: Node | undefined
  for (const [name, key, node] of pairsOf(source, pairs, diagnostics)) {
    const at = rangeOf(source, node)
    const wrong = (message: string, hint?: string) => diagnostics.push(blame(at, message, hint))
    const value = isScalar(node) ? node.value : undefined
    if (name === MAY_SET) {
      if (section !== MASTER) diagnostics.push(blame(key, `Only "${MASTER}" says what developers may set`))
      else if (!isSeq(node)) wrong(`${MAY_SET} is a list of keys: [LOG_LEVEL, CODE_CACHE]`)
      else listNode = node
    } else if (!KEY.test(name)) {
      diagnostics.push(blame(key, `"${name}" is not a key: capital letters, digits and "_", a letter first`))
    } else if (typeof value === 'string' && UNSAFE.test(value)) {
      wrong(
        `The value of ${name} has ${showCharacter(UNSAFE.exec(value)![0])}, which values may not have: it could end its directive`,
      )
    } else if (
      typeof value === 'string' ||
      typeof value === 'boolean' ||
      (typeof value === 'number' && Number.isFinite(value))
    ) {
      entries.set(name, { value, at, key })
    } else {
      wrong(`The value of ${name} is not a number, true, false or a text`)
    }
  }
  if (isSeq(listNode)) list = parseMaySet(source, listNode.items as Node[], entries, diagnostics)
  return { entries, list }
}

function parseMaySet(
  source: Source,
  items: readonly Node[],
  master: ReadonlyMap<string, Entry>,
  diagnostics: Diagnostic[],
) {
  const keys = new Set<string>()
  for (const item of items) {
    const name = isScalar(item) ? String(item.value) : ''
    if (master.has(name)) keys.add(name)
    else
      diagnostics.push(
        blame(rangeOf(source, item), `"${name}" is no key of ${MASTER}`, didYouMean(name, master.keys())),
      )
  }
  return keys
}

function showCharacter(character: string): string {
  const isVisible = /[\x21-\x7e]/.test(character)
  return isVisible
    ? `the character ${character}`
    : `a control character (U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')})`
}

function rangeOf(source: Source, node: Node): Range {
  const [start, end] = node.range ?? [0, 0]
  return { source, start, end }
}
