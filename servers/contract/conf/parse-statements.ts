// Tokens → statements: `name argument...;` and `name argument... { ... }`, whatever they mean.
import type { Problems } from './problems.ts'
import { type Sign, show, type Token, type Word } from './tokenize.ts'

export interface Statement {
  readonly name: Word
  readonly args: readonly Word[]
  /** null for a statement that ends with `;`. */
  readonly block: readonly Statement[] | null
}

export interface Statements {
  readonly statements: readonly Statement[]
  /** False when a `{` or `}` is missing somewhere: then nobody knows which block a statement belongs to. */
  readonly sound: boolean
}

/** Deeper than any conf goes; it keeps a hostile one from using up the stack. */
const DEPTH_MAX = 16

interface Open {
  readonly statement: Statement & { block: Statement[] }
  /** Where its line begins to say something: a `}` further left closes a block around it. */
  readonly indent: number
}

/**
 * `isDirective` tells a known name: one that begins a line inside another statement shows that a `;` is missing before it.
 */
export function parseStatements(
  tokens: readonly Token[],
  isDirective: (name: string) => boolean,
  problems: Problems,
): Statements {
  const top: Statement[] = []
  const open: Open[] = []
  let words: Word[] = []
  let sound = true
  let suspect: Open | undefined

  const add = (block: Statement[] | null) => {
    const [name, ...args] = words as [Word, ...Word[]]
    words = []
    const statement = { name, args, block }
    const around = open.at(-1)?.statement.block ?? top
    around.push(statement)
    return statement
  }
  const missingSemicolon = () => {
    const last = words.at(-1)!
    if (!last.broken) problems.add({ start: last.end, end: last.end + 1 }, `Missing ";" after ${show(last.text)}`)
    add(null)
  }

  for (const token of tokens) {
    if (!('sign' in token)) {
      if (words.length > 0 && token.startsLine && !token.quoted && isDirective(token.text)) missingSemicolon()
      words.push(token)
    } else if (token.sign === ';') {
      if (words.length > 0) add(null)
      else problems.add(token, 'Unexpected ";": there is no directive before it')
    } else if (token.sign === '{') {
      if (open.length === DEPTH_MAX) {
        problems.add(token, `Blocks are nested more than ${DEPTH_MAX} deep`)
        return { statements: top, sound: false }
      }
      if (words.length === 0) words.push(nameless(token, problems))
      const block: Statement[] = []
      const statement = { ...add(block), block }
      open.push({ statement, indent: statement.name.indent })
    } else {
      if (words.length > 0) missingSemicolon()
      const closed = open.pop()
      if (closed === undefined) {
        problems.add(token, 'Unexpected "}": no block is open here')
        sound = false
      } else if (suspect === undefined && token.startsLine && token.indent < closed.indent) {
        suspect = closed
      }
    }
  }
  if (words.length > 0) missingSemicolon()
  if (open.length > 0) {
    const { name } = (suspect ?? open.at(-1)!).statement
    problems.add(name, `The block ${show(name.text)} is not closed: a "}" is missing`)
    sound = false
  }
  return { statements: top, sound }
}

function nameless(at: Sign, problems: Problems): Word {
  problems.add(at, 'Unexpected "{": a block begins with a name')
  return { ...at, text: '', quoted: false, broken: true }
}
