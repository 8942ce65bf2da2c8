// The text of a conf and of all that it includes → its statements, as if they stood in one file.
import { messageOf } from '../errors.ts'
import { parseStatements, type Statement, type Statements } from './parse-statements.ts'
import type { Problems } from './problems.ts'
import type { Sources } from './sources.ts'
import { show, type Token, tokenize } from './tokenize.ts'

/** The files that an `include` means, in nginx's order. Throws when one cannot be read. */
export type Include = (pattern: string) => readonly { readonly file: string; readonly text: string }[]

/** A file that includes itself ends here. */
const INCLUDE_DEPTH_MAX = 8
const FILES_MAX = 256
const FILE_LENGTH_MAX = 256 * 1024

export interface Reading {
  readonly include: Include | undefined
  readonly isDirective: (name: string) => boolean
  readonly sources: Sources
  readonly problems: Problems
}

export function readStatements(file: string, text: string, reading: Reading): Statements {
  return readFile(file, text, reading, 0)
}

function readFile(file: string, text: string, reading: Reading, depth: number): Statements {
  const { sources, problems, isDirective } = reading
  const base = sources.add(file, text)
  const tokens = tokenize(text, { add: (at, message, hint) => problems.add(moved(at, base), message, hint) })
  const { statements, sound } = parseStatements(
    base === 0 ? tokens : tokens.map((token): Token => ({ ...token, ...moved(token, base) })),
    isDirective,
    problems,
  )
  let isSound = sound
  const expand = (list: readonly Statement[]): Statement[] =>
    list.flatMap((statement) => {
      if (statement.block !== null) return [{ ...statement, block: expand(statement.block) }]
      if (statement.name.text !== 'include' || statement.args.length !== 1) return [statement]
      const included = includedBy(statement, reading, depth + 1)
      isSound &&= included.every((each) => each.sound)
      return included.flatMap((each) => each.statements)
    })
  return { statements: expand(statements), sound: isSound }
}

function includedBy({ args: [word] }: Statement, reading: Reading, depth: number): Statements[] {
  const { include, sources, problems } = reading
  const { text: pattern, broken } = word!
  const wrong = (message: string, hint?: string): [] => {
    if (!broken) problems.add(word!, message, hint)
    return []
  }
  if (include === undefined) {
    return wrong('This conf is checked as text alone, so it cannot include a file', 'write what the file says here')
  }
  if (depth > INCLUDE_DEPTH_MAX) return wrong(`Files include each other more than ${INCLUDE_DEPTH_MAX} deep`)
  if (broken || problems.full) return []
  try {
    const files = include(pattern)
    if (files.length === 0 && !/[*?[]/.test(pattern)) return wrong(`There is no file ${show(pattern)}`)
    if (files.length + sources.count > FILES_MAX) return wrong(`A conf has at most ${FILES_MAX} files`)
    const long = files.find(({ text }) => text.length > FILE_LENGTH_MAX)
    if (long !== undefined) return wrong(`${show(long.file)} is longer than ${FILE_LENGTH_MAX} characters`)
    return files.map(({ file, text }) => readFile(file, text, reading, depth))
  } catch (error) {
    return wrong(`Cannot include ${show(pattern)}: ${messageOf(error)}`)
  }
}

function moved({ start, end }: { start: number; end: number }, base: number): { start: number; end: number } {
  return { start: start + base, end: end + base }
}
